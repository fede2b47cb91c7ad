/** The frame of a view: its head, and what stands there while there is nothing to show. */

import { type ReactNode, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../api/client.ts";
import { useServerText } from "../i18n/use-server-text.ts";
import { Button } from "./button.tsx";
import { Icon, type IconName } from "./icons.tsx";
import { Link } from "./link.tsx";

export interface Crumb {
  label: string;
  to?: string;
}

export function Page({
  title,
  crumbs = [],
  lead,
  actions,
  tabs,
  children,
  fill = false,
}: {
  title: string;
  crumbs?: readonly Crumb[];
  /** Beside the title: a state, a count. */
  lead?: ReactNode;
  actions?: ReactNode;
  tabs?: ReactNode;
  children: ReactNode;
  /** The view scrolls inside of itself and takes the whole height. */
  fill?: boolean;
}) {
  useEffect(() => {
    document.title = `${title} · Tradewind`;
  }, [title]);
  return (
    <div className={`flex flex-col ${fill ? "h-full min-h-0" : "min-h-full"}`}>
      <header className="shrink-0 border-b bg-surface px-4 pt-3 sm:px-6">
        {crumbs.length === 0 ? null : (
          <nav
            aria-label="Breadcrumb"
            className="mb-0.5 flex min-w-0 flex-wrap items-center gap-1 text-xs text-faint"
          >
            {crumbs.map((crumb) => (
              <span key={crumb.label} className="flex min-w-0 items-center gap-1">
                {crumb.to === undefined ? (
                  <span className="truncate">{crumb.label}</span>
                ) : (
                  <Link to={crumb.to} className="truncate hover:text-ink hover:underline">
                    {crumb.label}
                  </Link>
                )}
                <Icon name="chevronRight" size={12} />
              </span>
            ))}
          </nav>
        )}
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2 pb-3">
          <h1 className="min-w-0 text-lg font-semibold tracking-tight break-words">{title}</h1>
          {lead}
          <div className="ml-auto flex flex-wrap items-center gap-2">{actions}</div>
        </div>
        {tabs}
      </header>
      <div className={`min-w-0 flex-1 ${fill ? "flex min-h-0 flex-col" : "px-4 py-4 sm:px-6"}`}>
        {children}
      </div>
    </div>
  );
}

export interface Tab {
  id: string;
  label: string;
  icon?: IconName;
  to: string;
  count?: number | undefined;
}

export function Tabs({ tabs, active, label }: { tabs: readonly Tab[]; active: string; label: string }) {
  const nav = useRef<HTMLElement>(null);
  // On a phone there are more of them than fit: the one that is shown is among those that are seen.
  useEffect(() => {
    const shown = nav.current?.querySelector<HTMLElement>("[aria-current]");
    if (nav.current !== null && shown != null)
      nav.current.scrollLeft = shown.offsetLeft - (nav.current.clientWidth - shown.offsetWidth) / 2;
  }, [active]);
  return (
    <nav
      ref={nav}
      aria-label={label}
      className="relative -mb-px flex gap-0.5 overflow-x-auto [scrollbar-width:none]"
    >
      {tabs.map((tab) => (
        <Link
          key={tab.id}
          to={tab.to}
          aria-current={tab.id === active ? "page" : undefined}
          className={`flex shrink-0 items-center gap-1.5 border-b-2 px-2.5 py-2 text-sm font-medium transition-colors ${
            tab.id === active
              ? "border-accent text-ink"
              : "border-transparent text-soft hover:border-line-strong hover:text-ink"
          }`}
        >
          {tab.icon === undefined ? null : <Icon name={tab.icon} size={15} />}
          {tab.label}
          {tab.count === undefined ? null : (
            <span className="rounded-full bg-sunken px-1.5 text-xs text-soft tabular-nums">{tab.count}</span>
          )}
        </Link>
      ))}
    </nav>
  );
}

export function Empty({
  icon = "info",
  title,
  children,
}: {
  icon?: IconName;
  title: string;
  children?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-14 text-center">
      <span className="rounded-full bg-sunken p-3 text-faint">
        <Icon name={icon} size={22} />
      </span>
      <p className="font-medium">{title}</p>
      {children === undefined ? null : <div className="max-w-md text-soft">{children}</div>}
    </div>
  );
}

export function Loading({ rows = 6 }: { rows?: number }) {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t("Loading")} className="flex flex-col gap-2.5 p-4">
      {Array.from({ length: rows }, (_, row) => (
        <span
          key={row}
          className="is-running h-4 rounded bg-sunken"
          style={{ width: `${90 - ((row * 17) % 45)}%`, animationDelay: `${row * 80}ms` }}
        />
      ))}
    </div>
  );
}

export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation();
  const translated = useServerText();
  const status = error instanceof ApiError ? error.status : null;
  const title =
    status === 403
      ? t("You may not see this")
      : status === 404
        ? t("There is nothing here")
        : t("This could not be loaded");
  return (
    <Empty icon={status === 403 ? "key" : "alert"} title={title}>
      <p className="break-words">{translated(error instanceof Error ? error.message : String(error))}</p>
      {retry === undefined || status === 403 || status === 404 ? null : (
        <Button className="mt-3" icon="refresh" onClick={retry}>
          {t("Try again")}
        </Button>
      )}
    </Empty>
  );
}

/** What a query has to show: rows on their way, the reason why there are none, or `children`. */
export function Loaded<T>({
  query,
  children,
  rows,
}: {
  query: { data: T | undefined; error: unknown; refetch: () => unknown };
  children: (data: T) => ReactNode;
  rows?: number;
}) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return <Loading {...(rows === undefined ? {} : { rows })} />;
}

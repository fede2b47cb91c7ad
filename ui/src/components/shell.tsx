/** What stands around every view: the way to the others, the search, and whether the page is live. */
import { useQueryClient } from "@tanstack/react-query";
import { Outlet } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { setCsrfToken } from "../api/client.ts";
import { startLive, useLiveState } from "../api/live.ts";
import { type Session, useSession } from "../api/session.ts";
import { SignIn } from "../pages/sign-in.tsx";
import { IconButton } from "./button.tsx";
import { CommandPalette } from "./command-palette.tsx";
import { Icon } from "./icons.tsx";
import { KeyboardHelp, usePageKeys } from "./keyboard.tsx";
import { Link, paths, usePath } from "./link.tsx";
import { Failure, Loading } from "./page.tsx";
import { PhoneNav } from "./phone-nav.tsx";
import { type Place, usePlaces } from "./places.tsx";
import { choose, useChoice } from "./preferences.ts";
import { Toasts } from "./toast.tsx";
import { UserMenu } from "./user-menu.tsx";
import { WatchedRuns } from "./watched-runs.tsx";

export function Shell() {
  const session = useSession();
  if (session.data === undefined)
    return session.error ? (
      <Failure error={session.error} retry={() => void session.refetch()} />
    ) : (
      <Loading />
    );
  setCsrfToken(session.data.csrfToken);
  if (session.data.user === null && Object.keys(session.data.permissions).length === 0)
    return <SignIn session={session.data} />;
  return <Frame session={session.data} />;
}

function Frame({ session }: { session: Session }) {
  const client = useQueryClient();
  const { t } = useTranslation();
  const [searching, setSearching] = useState(false);
  const [helping, setHelping] = useState(false);
  const dagId = useShownDag();
  const { permissions } = session;
  // Who may not see experiments may not hear of them either.
  const topics = [
    ...(permissions["Experiments"]?.includes("read") ? ["experiments"] : []),
    ...(permissions["Registered Models"]?.includes("read") ? ["models"] : []),
  ].join(",");
  useEffect(() => startLive(client, dagId, topics), [client, dagId, topics]);
  usePageKeys({ search: () => setSearching(true), help: () => setHelping(true) });
  const narrow = useChoice("sidebar") === "narrow";
  return (
    <div className="flex h-full flex-col sm:flex-row">
      <a
        href="#view"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 focus:rounded focus:bg-raised focus:p-2"
      >
        {t("Skip to the content")}
      </a>
      <aside className={`hidden shrink-0 flex-col border-r bg-surface sm:flex ${narrow ? "w-14" : "w-52"}`}>
        <Brand narrow={narrow} name={session.instanceName} />
        <div className="px-2 pb-2">
          <button
            type="button"
            onClick={() => setSearching(true)}
            className="flex h-8 w-full items-center gap-2 rounded-md border border-line bg-sunken px-2.5 text-faint hover:border-line-strong hover:text-soft"
          >
            <Icon name="search" size={15} />
            <span className={narrow ? "sr-only" : "flex-1 text-left text-sm"}>{t("Search")}</span>
            {narrow ? null : <kbd className="font-sans text-2xs">Ctrl K</kbd>}
          </button>
        </div>
        <MainNav narrow={narrow} />
        <div className="mt-auto flex flex-col gap-1 border-t p-2">
          <LiveSign narrow={narrow} />
          <div className={`flex items-center ${narrow ? "flex-col" : "justify-between"}`}>
            <UserMenu session={session} narrow={narrow} />
            <IconButton
              icon={narrow ? "chevronRight" : "chevronLeft"}
              label={narrow ? t("Widen the navigation") : t("Narrow the navigation")}
              onClick={() => choose("sidebar", narrow ? "open" : "narrow")}
            />
          </div>
        </div>
      </aside>
      <div className="flex shrink-0 items-center gap-1 border-b bg-surface px-3 py-1.5 sm:hidden">
        <Brand narrow={false} name={session.instanceName} />
        <div className="ml-auto flex items-center">
          <LiveSign narrow />
          <IconButton icon="search" label={t("Search")} onClick={() => setSearching(true)} />
          <UserMenu session={session} narrow />
        </div>
      </div>
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        <LostNotice />
        <main id="view" tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto outline-none">
          <Outlet />
        </main>
      </div>
      <PhoneNav />
      <CommandPalette open={searching} onClose={() => setSearching(false)} />
      <KeyboardHelp open={helping} onClose={() => setHelping(false)} />
      <WatchedRuns />
      <Toasts />
    </div>
  );
}

function Brand({ narrow, name }: { narrow: boolean; name: string }) {
  return (
    <Link to={paths.home} className="flex h-12 items-center gap-2.5 px-3.5 font-semibold tracking-tight">
      <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true" className="shrink-0 text-accent">
        <rect width="32" height="32" rx="8" fill="currentColor" />
        <g fill="none" stroke="var(--accent-ink)" strokeWidth="2.6" strokeLinecap="round">
          <path d="M6 12.5h13.5a3.5 3.5 0 1 0-3.4-4.4" />
          <path d="M6 17.5h17a3.5 3.5 0 1 1-3.4 4.4" />
          <path d="M6 22.5h7.5" opacity=".75" />
        </g>
      </svg>
      {narrow ? <span className="sr-only">{name}</span> : <span className="truncate">{name}</span>}
    </Link>
  );
}

/** Id of the Dag that the view is about. */
function useShownDag(): string | null {
  const found = /^\/dags\/([^/]+)/.exec(usePath())?.[1];
  return found === undefined ? null : decodeURIComponent(found);
}

function MainNav({ narrow }: { narrow: boolean }) {
  const { t } = useTranslation();
  const { first, groups, last } = usePlaces();
  return (
    <nav aria-label={t("Main")} className="flex min-h-0 flex-col gap-0.5 overflow-y-auto px-2">
      {first.map((place) => (
        <NavLink key={place.to} place={place} narrow={narrow} />
      ))}
      {groups.map((group) => (
        <div
          key={group.label}
          role="group"
          aria-label={group.label}
          className="mt-2 flex flex-col gap-0.5 border-t pt-2"
        >
          {narrow ? null : (
            <span aria-hidden="true" className="px-2.5 pb-0.5 text-2xs font-medium text-faint">
              {group.label}
            </span>
          )}
          {group.places.map((place) => (
            <NavLink key={place.to} place={place} narrow={narrow} />
          ))}
        </div>
      ))}
      {last.length === 0 ? null : (
        <div className="mt-2 flex flex-col gap-0.5 border-t pt-2">
          {last.map((place) => (
            <NavLink key={place.to} place={place} narrow={narrow} />
          ))}
        </div>
      )}
    </nav>
  );
}

function NavLink({ place: { to, label, icon, match, badge }, narrow }: { place: Place; narrow: boolean }) {
  const here = match.test(usePath());
  return (
    <Link
      to={to}
      title={narrow ? label : undefined}
      aria-current={here ? "page" : undefined}
      className={`flex h-8 shrink-0 items-center gap-2.5 rounded-md px-2.5 font-medium ${here ? "bg-accent-soft text-accent-text" : "text-soft hover:bg-sunken hover:text-ink"}`}
    >
      <Icon name={icon} size={17} />
      {narrow ? <span className="sr-only">{label}</span> : label}
      {badge ? (
        <span className="ml-auto rounded-full bg-accent px-1.5 text-xs text-accent-ink tabular-nums">
          {badge}
        </span>
      ) : null}
    </Link>
  );
}

function LiveSign({ narrow }: { narrow: boolean }) {
  const { t } = useTranslation();
  const live = useLiveState();
  const words = live === "live" ? t("Live") : live === "lost" ? t("Not connected") : t("Connecting");
  const color = live === "live" ? "success" : live === "lost" ? "failed" : "queued";
  return (
    <span className="flex h-7 items-center gap-2 px-2.5 text-xs text-faint" data-live={live} title={words}>
      <span className="size-2 rounded-full" style={{ background: `var(--s-${color})` }} />
      <span className={narrow ? "sr-only" : ""}>{words}</span>
    </span>
  );
}

/** Only when it lasts: a stream that comes back at once is nobody's concern. */
function LostNotice() {
  const { t } = useTranslation();
  const live = useLiveState();
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(live === "lost"), live === "lost" ? 900 : 0);
    return () => clearTimeout(timer);
  }, [live]);
  if (!shown) return null;
  return (
    <div role="alert" className="flex items-center gap-2 bg-warn-soft px-4 py-1.5 text-sm text-warn-text">
      <Icon name="alert" size={15} />
      {t("The server does not answer. What you see may be old; the page connects again by itself.")}
    </div>
  );
}

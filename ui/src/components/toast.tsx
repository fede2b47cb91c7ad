/** Short messages at the edge of the page: what an action did, or why it did not. */
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { useServerText } from "../i18n/use-server-text.ts";
import { IconButton } from "./button.tsx";
import { Icon } from "./icons.tsx";

interface Toast {
  id: number;
  kind: "done" | "error" | "news";
  text: string;
  href?: string;
}

let toasts: readonly Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function publish(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

const dismiss = (id: number): void => publish(toasts.filter((toast) => toast.id !== id));

export function say(kind: Toast["kind"], text: string, href?: string): void {
  const id = nextId++;
  publish([...toasts.slice(-3), { id, kind, text, ...(href === undefined ? {} : { href }) }]);
  // An error stays until it was read.
  if (kind !== "error") setTimeout(() => dismiss(id), kind === "news" ? 12_000 : 4000);
}

export const sayError = (error: unknown): void =>
  say("error", error instanceof Error ? error.message : String(error));

export function Toasts() {
  const { t } = useTranslation();
  const translated = useServerText();
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
  return (
    <div
      role="status"
      aria-live="polite"
      className="pointer-events-none fixed right-3 bottom-16 z-50 flex w-[min(24rem,calc(100vw-1.5rem))] flex-col gap-2 sm:bottom-3"
    >
      {shown.map((toast) => (
        <div
          key={toast.id}
          data-toast={toast.kind}
          className={`pointer-events-auto flex items-start gap-2.5 rounded-lg border bg-raised py-1.5 pr-1 pl-3 text-sm shadow-float ${toast.kind === "error" ? "border-danger" : "border-line"}`}
        >
          <span className={`mt-2 ${toast.kind === "error" ? "text-danger-text" : "text-accent-text"}`}>
            <Icon name={toast.kind === "error" ? "alert" : toast.kind === "news" ? "bell" : "check"} />
          </span>
          <p className="min-w-0 flex-1 py-1.5 break-words">
            {toast.href === undefined ? (
              translated(toast.text)
            ) : (
              <a className="link" href={toast.href}>
                {toast.text}
              </a>
            )}
          </p>
          <IconButton icon="cross" label={t("Dismiss")} onClick={() => dismiss(toast.id)} />
        </div>
      ))}
    </div>
  );
}

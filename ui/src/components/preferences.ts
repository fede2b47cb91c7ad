/** What a person chose for this browser. Everything else that a page shows stands in its address. */
import { useSyncExternalStore } from "react";

export type ThemeChoice = "light" | "dark" | "system";

interface Choices {
  theme: ThemeChoice;
  language: "en" | "fr" | "browser";
  /** An IANA name, "browser" or "UTC". */
  timezone: string;
  /** Runs whose end is announced, as `dag id\nrun id`. */
  watched: string;
  sidebar: "open" | "narrow";
  wrapLogs: "yes" | "no";
  logTimes: "yes" | "no";
}

const defaults: Choices = {
  theme: "system",
  language: "browser",
  timezone: "browser",
  watched: "",
  sidebar: "open",
  wrapLogs: "yes",
  logTimes: "yes",
};

const listeners = new Set<() => void>();

export function storedChoice<Name extends keyof Choices>(name: Name): Choices[Name] {
  try {
    return (localStorage.getItem(`tradewind.${name}`) as Choices[Name] | null) ?? defaults[name];
  } catch {
    // Storage may be forbidden: the defaults serve.
    return defaults[name];
  }
}

export function choose<Name extends keyof Choices>(name: Name, value: Choices[Name]): void {
  try {
    localStorage.setItem(`tradewind.${name}`, value);
  } catch {
    // Not kept, then.
  }
  for (const listener of listeners) listener();
}

export function useChoice<Name extends keyof Choices>(name: Name): Choices[Name] {
  return useSyncExternalStore(subscribe, () => storedChoice(name));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("storage", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", listener);
  };
}

const darkSystem = window.matchMedia("(prefers-color-scheme: dark)");

function applyTheme(): void {
  const choice = storedChoice("theme");
  const dark = choice === "dark" || (choice === "system" && darkSystem.matches);
  document.documentElement.dataset["theme"] = dark ? "dark" : "light";
}

/** Before anything is drawn, and whenever the choice or the system's changes. */
export function keepTheme(): void {
  applyTheme();
  listeners.add(applyTheme);
  darkSystem.addEventListener("change", applyTheme);
}

export function useIsDark(): boolean {
  return useSyncExternalStore(
    (changed) => {
      const observer = new MutationObserver(changed);
      observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
      return () => observer.disconnect();
    },
    () => document.documentElement.dataset["theme"] === "dark",
  );
}

export const browserTimezone = Intl.DateTimeFormat().resolvedOptions().timeZone;

export function useTimezone(): string {
  const choice = useChoice("timezone");
  return choice === "browser" ? browserTimezone : choice;
}

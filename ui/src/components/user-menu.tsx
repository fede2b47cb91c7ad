/** Who is signed in, and how this browser shows the page. */
import { useTranslation } from "react-i18next";
import { addressOf } from "../api/client.ts";
import type { Session } from "../api/session.ts";
import { type Language, languages, setLanguage } from "../i18n/index.ts";
import { Menu, MenuChoice, MenuItem, MenuLine } from "./menu.tsx";
import { browserTimezone, choose, type ThemeChoice, useChoice } from "./preferences.ts";

const someZones = [
  "UTC",
  "Europe/Paris",
  "Europe/London",
  "America/New_York",
  "America/Los_Angeles",
  "Asia/Tokyo",
  "Asia/Kolkata",
];

export function UserMenu({ session, narrow }: { session: Session; narrow: boolean }) {
  const { t, i18n } = useTranslation();
  const theme = useChoice("theme");
  const timezone = useChoice("timezone");
  const name = session.user?.username ?? t("Not signed in");
  const zones = [...new Set([...someZones, ...(timezone === "browser" ? [] : [timezone])])];
  const signOut = (): void => window.location.assign(addressOf("/auth/logout"));
  return (
    <Menu
      align="start"
      trigger={
        <button
          type="button"
          className="flex h-8 min-w-0 items-center gap-2 rounded-md px-2 text-soft hover:bg-sunken hover:text-ink"
        >
          <span
            aria-hidden="true"
            className="flex size-5 shrink-0 items-center justify-center rounded-full bg-accent-soft text-2xs font-semibold text-accent-text uppercase"
          >
            {name.slice(0, 1)}
          </span>
          <span className="sr-only">{t("Account and appearance")}: </span>
          <span className={narrow ? "sr-only" : "truncate"}>{name}</span>
        </button>
      }
    >
      {session.user === null ? null : (
        <p className="px-2 py-1 text-xs text-faint">
          {name} · {session.user.roles.join(", ")} · {session.version}
        </p>
      )}
      <MenuChoice<ThemeChoice>
        title={t("Theme")}
        value={theme}
        onChange={(value) => choose("theme", value)}
        options={[
          { value: "light", label: t("Light") },
          { value: "dark", label: t("Dark") },
          { value: "system", label: t("As the system") },
        ]}
      />
      <MenuLine />
      <MenuChoice<Language>
        title={t("Language")}
        value={i18n.language as Language}
        onChange={(value) => {
          choose("language", value);
          void setLanguage(value);
        }}
        options={(Object.keys(languages) as Language[]).map((value) => ({ value, label: languages[value] }))}
      />
      <MenuLine />
      <MenuChoice
        title={t("Time zone")}
        value={timezone}
        onChange={(value) => choose("timezone", value)}
        options={[
          { value: "browser", label: `${t("This browser's")} (${browserTimezone})` },
          ...zones.map((value) => ({ value, label: value })),
        ]}
      />
      {session.user === null ? null : (
        <>
          <MenuLine />
          <MenuItem icon="signOut" onSelect={signOut}>
            {t("Sign out")}
          </MenuItem>
        </>
      )}
    </Menu>
  );
}

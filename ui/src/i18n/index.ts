/**
 * English and French. The English text is the key, so that what a view says can be read where it stands; `en.ts` has
 * only the plurals. French comes when it is chosen.
 */
import i18n from "i18next";
import { initReactI18next } from "react-i18next";
import { storedChoice } from "../components/preferences.ts";
import { en } from "./en.ts";
import { learnSentences } from "./server-text.ts";

export const languages = { en: "English", fr: "Français" } as const;
export type Language = keyof typeof languages;

function wanted(): Language {
  const stored = storedChoice("language");
  if (stored === "en" || stored === "fr") return stored;
  return navigator.language.startsWith("fr") ? "fr" : "en";
}

let french: { readonly [english: string]: string } = {};

export async function setLanguage(language: Language): Promise<void> {
  if (language === "fr" && !i18n.hasResourceBundle("fr", "translation")) {
    const [{ fr }, { serverSentences }] = await Promise.all([import("./fr.ts"), import("./fr-server.ts")]);
    french = serverSentences;
    i18n.addResourceBundle("fr", "translation", fr);
  }
  learnSentences(language === "fr" ? french : {});
  await i18n.changeLanguage(language);
  document.documentElement.lang = language;
}

export async function startLanguage(): Promise<void> {
  await i18n.use(initReactI18next).init({
    resources: { en: { translation: en } },
    lng: "en",
    fallbackLng: "en",
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  await setLanguage(wanted());
}

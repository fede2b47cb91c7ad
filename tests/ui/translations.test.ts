import { describe, expect, it } from "vitest";
import { en } from "../../ui/src/i18n/en.ts";
import { fr } from "../../ui/src/i18n/fr.ts";
import { pageTexts } from "../support/page-texts.ts";

const plurals = new Set(Object.keys(en).map((key) => key.replace(/_(one|other)$/, "")));

describe("French", () => {
  it("has every text that the page shows", () => {
    const missing = pageTexts().filter((text) =>
      plurals.has(text)
        ? fr[`${text}_one`] === undefined || fr[`${text}_other`] === undefined
        : fr[text] === undefined,
    );
    expect(missing).toEqual([]);
  });

  it("has nothing that the page does not show any more", () => {
    const shown = new Set(pageTexts());
    const left = Object.keys(fr).filter((key) => !shown.has(key.replace(/_(one|many|other)$/, "")));
    expect(left).toEqual([]);
  });

  it("keeps what is filled in", () => {
    const holes = (text: string): string[] => [...text.matchAll(/\{\{\w+\}\}/g)].map(([hole]) => hole).sort();
    const lost = Object.entries(fr).filter(([key, text]) => holes(key).join() !== holes(text).join());
    expect(lost).toEqual([]);
  });
});

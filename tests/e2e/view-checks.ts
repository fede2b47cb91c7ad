/** What every view has to keep: it draws without a complaint, axe finds nothing, and a phone shows all of it. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect } from "vitest";
import type { OpenedPage, PageWorld } from "./world.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Violation {
  id: string;
  nodes: { target: string[]; failureSummary: string }[];
}

/** Windows of one world, one for each way to look, signed in once. */
export class Looks {
  readonly #world: () => PageWorld;
  readonly #opened = new Map<string, Promise<OpenedPage>>();

  constructor(world: () => PageWorld) {
    this.#world = world;
  }

  open(theme: "light" | "dark", phone: boolean): Promise<OpenedPage> {
    const key = `${theme} ${phone}`;
    const known = this.#opened.get(key);
    if (known !== undefined) return known;
    const fresh = this.#world().open({ theme, phone });
    this.#opened.set(key, fresh);
    return fresh;
  }

  /** The view at the path, drawn: when `words` stand there and nothing loads any more. */
  async show(path: string, words: string, theme: "light" | "dark", phone: boolean): Promise<OpenedPage> {
    const window = await this.open(theme, phone);
    window.complaints.length = 0;
    await window.page.goto(this.#world().url + path);
    await window.page.getByText(words).first().waitFor({ state: "attached" });
    await window.page
      .locator('main [role="status"][aria-label="Loading"]')
      .first()
      .waitFor({ state: "detached" });
    return window;
  }
}

export async function expectAccessible({ page, complaints }: OpenedPage): Promise<void> {
  expect(complaints).toEqual([]);
  await page.evaluate(axe);
  const found = (await page.evaluate(
    "axe.run({ resultTypes: ['violations'] }).then((r) => r.violations)",
  )) as Violation[];
  const told = found.map(
    ({ id, nodes }) => `${id}: ${nodes[0]?.target.join(" ")} ${nodes[0]?.failureSummary}`,
  );
  expect(told).toEqual([]);
}

export async function expectFits({ page, complaints }: OpenedPage): Promise<void> {
  const wider = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
  expect(wider).toBeLessThanOrEqual(0);
  const spilled = await page.evaluate(
    "document.querySelector('main').scrollWidth - document.querySelector('main').clientWidth",
  );
  expect(spilled).toBeLessThanOrEqual(0);
  expect(await page.locator("html").getAttribute("data-theme")).toBe("dark");
  expect(complaints).toEqual([]);
}

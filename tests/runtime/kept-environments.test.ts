/** Environments that nobody uses any more go; the others stay. */
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  environmentsToRemove,
  type KeptEnvironment,
  keptEnvironments,
  removeAbandoned,
  removeEnvironment,
} from "../../src/runtime/kept-environments.ts";
import { temporaryFolder } from "../examples/temporary-folder.ts";

const day = 86_400_000;
const now = 1_000 * day;

const environment = (name: string, ageDays: number, bytes = 100): KeptEnvironment => ({
  folder: `/e/${name}`,
  python: `/e/${name}/bin/python`,
  requirements: [name],
  usedAt: now - ageDays * day,
  bytes,
});

describe("environments to remove", () => {
  const all = [environment("oldest", 40), environment("old", 31), environment("new", 1)];
  const names = (limits: Partial<Parameters<typeof environmentsToRemove>[1]>): string[] =>
    environmentsToRemove(all, { now, maxAgeMs: null, maxBytes: null, inUse: new Set(), ...limits }).map(
      ({ requirements }) => requirements[0] ?? "",
    );

  it("are those that were not used for the time, and of no current Dag", () => {
    expect(names({ maxAgeMs: 30 * day })).toEqual(["oldest", "old"]);
    expect(names({ maxAgeMs: 30 * day, inUse: new Set(["/e/old/bin/python"]) })).toEqual(["oldest"]);
    expect(names({})).toEqual([]);
  });

  it("are as many as the size asks for, the one that was not used for longest first", () => {
    expect(names({ maxBytes: 300 })).toEqual([]);
    expect(names({ maxBytes: 200 })).toEqual(["oldest"]);
    expect(names({ maxBytes: 0, inUse: new Set(["/e/oldest/bin/python"]) })).toEqual(["old", "new"]);
  });
});

it("finds whole ones with their size, removes one with its lock, and half-made ones after a day", async () => {
  const folder = await temporaryFolder();
  const make = (name: string, complete: boolean): void => {
    mkdirSync(join(folder, name, "lib"), { recursive: true });
    writeFileSync(join(folder, name, "lib", "module.py"), "x".repeat(1000));
    writeFileSync(join(folder, `${name}.lock`), "");
    if (complete) writeFileSync(join(folder, name, "complete.json"), '{"requirements": ["numpy"]}');
  };
  make("whole", true);
  make("half", false);
  const found = await keptEnvironments(folder);
  expect(found).toMatchObject([{ folder: join(folder, "whole"), requirements: ["numpy"] }]);
  expect(found[0]?.bytes).toBeGreaterThanOrEqual(1000);
  const [whole] = found;
  if (whole === undefined) throw new Error("none");
  await removeEnvironment(whole);
  await removeAbandoned(folder, Date.now());
  expect(readdirSync(folder).sort()).toEqual(["half", "half.lock"]);
  utimesSync(join(folder, "half"), 0, 0);
  await removeAbandoned(folder, Date.now());
  expect(existsSync(join(folder, "half"))).toBe(false);
  expect(await keptEnvironments(join(folder, "nowhere"))).toEqual([]);
});

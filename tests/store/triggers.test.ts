import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Database } from "../../src/store/connect.ts";
import { endJob, startJob } from "../../src/store/jobs.ts";
import type { Secrets } from "../../src/store/secrets.ts";
import { loadSecrets } from "../../src/store/secrets.ts";
import { instant, sql } from "../../src/store/sql.ts";
import * as triggers from "../../src/store/triggers.ts";
import { freshDatabase } from "../support/database.ts";
import { noon } from "./rows.ts";

function newSecrets(): Secrets {
  const folder = mkdtempSync(join(tmpdir(), "tw-key-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return loadSecrets(join(folder, "secret.key"));
}

async function addTriggers(database: Database, secrets: Secrets, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const kwargs = triggers.sealKwargs(secrets, { token: `geheim ${i}` });
    await database.run(sql`
      INSERT INTO trigger (classpath, kwargs, created_at) VALUES ('HttpTrigger', ${kwargs}, ${instant(noon)})`);
  }
}

test("two triggerers that claim at once share the triggers, and none is claimed twice", async () => {
  const { database } = await freshDatabase();
  const secrets = newSecrets();
  await addTriggers(database, secrets, 20);
  const ids = await Promise.all(
    [1, 2].map((pid) => startJob(database, { kind: "triggerer", hostname: "h", pid }, noon)),
  );
  const claimed = await Promise.all(
    ids.map((triggererId) => triggers.claimTriggers(database, secrets, { triggererId, limit: 15 })),
  );
  const all = claimed.flat().map(({ id }) => id);
  expect(new Set(all).size).toBe(all.length);
  const rest = await triggers.claimTriggers(database, secrets, { triggererId: ids[0] ?? 0, limit: 15 });
  expect(all.length + rest.length).toBe(20);
  expect(claimed.flat()[0]?.kwargs).toMatchObject({ token: expect.stringContaining("geheim") });
  expect(await triggers.countTriggers(database)).toEqual({ waiting: 20, unclaimed: 0 });
});

test("a trigger fires once, only for the triggerer that holds it", async () => {
  const { database } = await freshDatabase();
  const secrets = newSecrets();
  await addTriggers(database, secrets, 1);
  const mine = await startJob(database, { kind: "triggerer", hostname: "h", pid: 1 }, noon);
  const other = await startJob(database, { kind: "triggerer", hostname: "h", pid: 2 }, noon);
  const [{ id } = { id: 0 }] = await triggers.claimTriggers(database, secrets, {
    triggererId: mine,
    limit: 5,
  });
  expect(await triggers.fireTrigger(database, { id, triggererId: other, event: 1 }, noon)).toBe(false);
  expect(await triggers.fireTrigger(database, { id, triggererId: mine, event: { ok: true } }, noon)).toBe(
    true,
  );
  expect(await triggers.fireTrigger(database, { id, triggererId: mine, event: 2 }, noon)).toBe(false);
  expect(await triggers.firedTriggers(database, secrets, 5)).toMatchObject([
    { id, event: { ok: true }, firedAt: noon },
  ]);
  expect(await triggers.watchedTriggers(database, mine)).toEqual([]);
});

test("triggers of a triggerer that ended are claimed by the next one", async () => {
  const { database } = await freshDatabase();
  const secrets = newSecrets();
  await addTriggers(database, secrets, 2);
  const first = await startJob(database, { kind: "triggerer", hostname: "h", pid: 1 }, noon);
  const second = await startJob(database, { kind: "triggerer", hostname: "h", pid: 2 }, noon);
  expect(await triggers.claimTriggers(database, secrets, { triggererId: first, limit: 5 })).toHaveLength(2);
  expect(await triggers.claimTriggers(database, secrets, { triggererId: second, limit: 5 })).toHaveLength(0);
  await endJob(database, first, "failed", noon);
  expect(await triggers.claimTriggers(database, secrets, { triggererId: second, limit: 5 })).toHaveLength(2);
});

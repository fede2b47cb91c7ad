/** Assets that triggers watch: what they see starts the Dags that wait for the asset. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { listAssetEvents } from "../../src/store/asset-events.ts";
import { listDagRuns } from "../../src/store/dag-runs.ts";
import { sql } from "../../src/store/sql.ts";
import { temporaryFolder } from "../examples/temporary-folder.ts";
import { describePython } from "./find-python.ts";
import { pythonWorld } from "./python-world.ts";

const dags = (path: string) => `
from airflow.providers.standard.triggers.file import FileDeleteTrigger
from airflow.sdk import DAG, Asset, AssetWatcher, task
from airflow.triggers.base import BaseEventTrigger, TriggerEvent

class Fails(BaseEventTrigger):
    def serialize(self):
        return f"{__name__}.Fails", {}
    async def run(self):
        raise ValueError("no queue")
        yield

file = Asset("file", watchers=[AssetWatcher(name="deleted", trigger=FileDeleteTrigger(filepath=${JSON.stringify(path)}, poke_interval=0.1))])
other = Asset("other", watchers=[AssetWatcher(name="fails", trigger=Fails())])

with DAG("seen", schedule=[file]):
    @task
    def what(triggering_asset_events):
        return [event.extra for events in triggering_asset_events.values() for event in events]
    what()
with DAG("never", schedule=[other]):
    what()
`;

describePython("watchers of assets in Python", { timeout: 120_000 }, () => {
  it("make events again and again, which start runs, until no Dag defines them", async () => {
    const path = join(await temporaryFolder(), "come");
    const world = await pythonWorld({ "dags.py": dags(path) });
    await world.unpause("seen");
    const runs = async () =>
      (await listDagRuns(world.database, { dagIds: ["seen"] }, { limit: 10 })).rows.map(({ state }) => state);
    for (const count of [1, 2]) {
      writeFileSync(path, "");
      await vi.waitFor(
        async () => expect(await runs()).toEqual(Array.from({ length: count }, () => "success")),
        { timeout: 40_000, interval: 100 },
      );
      expect(existsSync(path)).toBe(false);
    }
    const { rows } = await listAssetEvents(world.database, { name: "file" });
    expect(rows.map(({ extra }) => extra)).toEqual([1, 2].map(() => ({ from_trigger: true, payload: true })));
    expect((await listAssetEvents(world.database, { name: "other" })).rows).toEqual([]);
    const watchers = () =>
      world.database.rows(sql`SELECT watcher FROM trigger WHERE watcher IS NOT NULL ORDER BY watcher`);
    expect(await watchers()).toEqual([{ watcher: "deleted" }, { watcher: "fails" }]);
    world.write({ "dags.py": dags(path).replace(/watchers=\[AssetWatcher\(name="fails".*\]/, "") });
    await vi.waitFor(async () => expect(await watchers()).toEqual([{ watcher: "deleted" }]), {
      timeout: 20_000,
      interval: 50,
    });
  });
});

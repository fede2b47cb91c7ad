/** The process in which triggers of Dags in Python wait, as its host sees it. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import type { Json } from "../../src/core/dag-model.ts";
import { pythonTriggerer } from "../../src/executor/triggerer-commands.ts";
import { TriggererHost } from "../../src/executor/triggerer-host.ts";
import { type Logger, silentLog } from "../../src/log.ts";
import { textHash, writeSnapshot } from "../../src/runtime/code-snapshot.ts";
import { systemClock } from "../../src/time.ts";
import { temporaryFolder } from "../examples/temporary-folder.ts";
import { startTask } from "../executor/workload.ts";
import { describePython, requirePython } from "./find-python.ts";

const mine = `
import asyncio, time
from airflow.models import Variable
from airflow.triggers.base import BaseEventTrigger, BaseTrigger, TriggerEvent

class Mine(BaseEventTrigger):
    def __init__(self, does, folder=""):
        super().__init__()
        self.does, self.folder = does, folder

    def serialize(self):
        return "mine.Mine", {"does": self.does, "folder": self.folder}

    async def run(self):
        if self.does == "count":
            for n in range(3):
                yield TriggerEvent(n)
            await asyncio.sleep(3600)
        elif self.does == "ask":
            yield TriggerEvent([Variable.get("password"), await asyncio.to_thread(Variable.get, "password")])
        elif self.does == "block":
            time.sleep(2.5)
            yield TriggerEvent("at last")
        elif self.does == "wait":
            await asyncio.sleep(3600)
        else:
            yield "not an event"

    async def on_kill(self):
        open(self.folder + "/killed", "w").close()

    async def cleanup(self):
        if self.folder:
            open(self.folder + "/cleaned", "w").close()

class NoGenerator(BaseTrigger):
    def serialize(self):
        return "mine.NoGenerator", {}
    async def run(self):
        return TriggerEvent(1)
`;

interface Came {
  readonly triggerId: string;
  readonly event?: Json;
  readonly error?: string;
}

async function makeHost(texts: { [name: string]: string } = { "mine.py": mine }) {
  const home = await temporaryFolder();
  const came: Came[] = [];
  const logged: string[] = [];
  const host = new TriggererHost(
    {
      clock: systemClock,
      log: { ...silentLog(), info: (_: unknown, text: string) => void logged.push(text) } as Logger,
      runFolder: join(home, "run"),
      logFolder: home,
      maxTaskLogBytes: 1e6,
      command: pythonTriggerer(requirePython(), { airflow: "auto" }),
    },
    {
      fired: (triggerId, { event }) => came.push({ triggerId, event }),
      failed: (triggerId, error) => came.push({ triggerId, error: error.message }),
      request: async () => "swordfish",
    },
  );
  onTestFinished(() => host.stop());
  mkdirSync(join(home, "dags"));
  const files: { [name: string]: string } = {};
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(join(home, "dags", name), "raise RuntimeError('the disk is not asked')");
    files[name] = textHash(text);
  }
  const snapshotFolder = join(home, "versions");
  writeSnapshot(
    snapshotFolder,
    Object.values(texts).map((text) => [textHash(text), text]),
  );
  const { code, task } = startTask("a", { do: "succeed" });
  const location = {
    ...code,
    dagsFolder: join(home, "dags"),
    relativeFile: "dag.py",
    snapshotFolder,
    files,
    interpreter: requirePython(),
  };
  const add = (triggerId: string, classpath: string, kwargs: { [name: string]: Json }, forTask = true) =>
    host.add({
      triggerId,
      trigger: { classpath, kwargs },
      code: location,
      task: forTask ? task : null,
      logLevel: "info",
      logPath: "a.log",
    });
  const until = (count: number) =>
    vi.waitFor(
      () => {
        expect(came.length).toBeGreaterThanOrEqual(count);
        return came;
      },
      { timeout: 30_000, interval: 10 },
    );
  return { host, home, add, until, logged, location, task };
}

const atMoment = "airflow.providers.standard.triggers.temporal.DateTimeTrigger";
const moment = (value: string): Json => ({ __type__: "datetime", value });

describePython("the triggerer in Python", { timeout: 60_000 }, () => {
  it("fires once for a task, again and again for a watcher, from the texts of the version", async () => {
    const { host, add, until } = await makeHost();
    add("1", "mine.Mine", { does: "count" });
    await until(1);
    add("2", "mine.Mine", { does: "count" }, false);
    expect(await until(4)).toEqual([
      { triggerId: "1", event: 0 },
      ...[0, 1, 2].map((event) => ({ triggerId: "2", event })),
    ]);
    expect([host.has("1"), host.has("2")]).toEqual([false, true]);
  });

  it("answers variables that a trigger asks for, in the loop and in a thread", async () => {
    const { add, until } = await makeHost();
    add("1", "mine.Mine", { does: "ask" });
    expect(await until(1)).toEqual([{ triggerId: "1", event: ["swordfish", "swordfish"] }]);
  });

  it("says what is wrong with a trigger", async () => {
    const { add, until } = await makeHost({ "mine.py": mine, "broken.py": "import no_such_package\n" });
    add("1", "mine.Mine", { does: "other" });
    add("2", "mine.NoGenerator", {});
    add("3", "mine.Nothing", {});
    add("4", "nowhere.at.All", {});
    add("5", "mine.Mine", { dose: "typo" });
    add("6", "broken.Trigger", {});
    const errors = Object.fromEntries((await until(6)).map(({ triggerId, error }) => [triggerId, error]));
    expect(errors["1"]).toContain("expected trigger mine.Mine to yield a TriggerEvent, got str");
    expect(errors["2"]).toContain(
      "expected run() of trigger mine.NoGenerator to be an asynchronous generator",
    );
    expect(errors["3"]).toContain("module mine has no class Nothing");
    expect(errors["4"]).toContain("there is no module nowhere");
    expect(errors["5"]).toContain("dose");
    expect(errors["6"]).toContain("No module named 'no_such_package'");
  });

  it("cleans up after a trigger that nobody waits for any more", async () => {
    const { host, home, add, until } = await makeHost();
    add("1", "mine.Mine", { does: "wait", folder: home });
    add("2", atMoment, { moment: moment("2024-01-01T00:00:00+00:00") });
    await until(1);
    host.cancel("1");
    await vi.waitFor(() => expect(existsSync(join(home, "cleaned"))).toBe(true), 10_000);
    expect(existsSync(join(home, "killed"))).toBe(true);
  });

  it("names the code that holds up the others", async () => {
    const { add, until, logged } = await makeHost();
    add("1", "mine.Mine", { does: "block" });
    add("2", atMoment, { moment: moment("2024-01-01T00:00:00+00:00") });
    expect((await until(2)).map(({ triggerId }) => triggerId).sort()).toEqual(["1", "2"]);
    await vi.waitFor(
      () => expect(logged.join("\n")).toMatch(/held up all triggers[^]*mine\.py", line \d+, in run/),
      10_000,
    );
  });

  it("holds ten thousand triggers", async () => {
    const { host, add, until } = await makeHost();
    for (let i = 0; i < 10_000; i++) add(`${i}`, atMoment, { moment: moment("2100-01-01T00:00:00+00:00") });
    add("last", atMoment, { moment: moment("2024-01-01T00:00:00+00:00") });
    expect(await until(1)).toMatchObject([{ triggerId: "last" }]);
    expect(host.size).toBe(10_000);
  });

  it("gives two versions of one module their own classes", async () => {
    const { host, add, until, location, task } = await makeHost();
    const other = mine.replace("range(3)", "range(7, 8)");
    writeSnapshot(location.snapshotFolder, [[textHash(other), other]]);
    add("1", "mine.Mine", { does: "count" });
    host.add({
      triggerId: "2",
      trigger: { classpath: "mine.Mine", kwargs: { does: "count" } },
      code: { ...location, files: { "mine.py": textHash(other) } },
      task,
      logLevel: "info",
      logPath: null,
    });
    const events = Object.fromEntries((await until(2)).map(({ triggerId, event }) => [triggerId, event]));
    expect(events).toEqual({ 1: 0, 2: 7 });
  });
});

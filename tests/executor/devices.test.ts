/** Slots of a pool that are devices of the machine: who gets which, and when they are free again. */
import { describe, expect, it } from "vitest";
import { Devices, parseDevices } from "../../src/executor/worker/devices.ts";
import { notify } from "../../src/store/notify.ts";
import { setPool } from "../../src/store/pools.ts";
import { temporaryFolder } from "../examples/temporary-folder.ts";
import { describePython } from "../python/find-python.ts";
import { pythonWorld } from "../python/python-world.ts";
import { workload } from "./workload.ts";

describe("devices of a worker", () => {
  it.each([
    ["", {}],
    ["gpu_pool: 0, 1; training: GPU-8932f937", { gpu_pool: ["0", "1"], training: ["GPU-8932f937"] }],
  ])("are read from %j", (text, pools) => {
    expect(parseDevices(text)).toEqual(pools);
  });

  it.each(["gpu_pool", "gpu_pool: ", ": 0", "a: 0; a: 1", "a: 0, 0", "a: 0; b: 0", "a: x y"])(
    "are refused where they are %j",
    (text) => {
      expect(() => parseDevices(text)).toThrow(/worker\.devices: expected/);
    },
  );

  it("are held by one attempt each, also of those that take several, and are free again after it", () => {
    const devices = new Devices(parseDevices("gpu_pool: 0, 1, 2"));
    const of = (attemptId: string, poolSlots: number, env = {}) =>
      workload({ do: "time" }, { attemptId, pool: "gpu_pool", poolSlots, env });
    const seen = (one: ReturnType<typeof of>) => devices.equip(one).env["CUDA_VISIBLE_DEVICES"];
    expect([seen(of("a", 1)), seen(of("b", 2))]).toEqual(["0", "1,2"]);
    expect(devices.hasRoomFor(of("c", 1))).toBe(false);
    devices.ended("a");
    expect(devices.hasRoomFor(of("c", 2))).toBe(false);
    expect(seen(of("c", 1))).toBe("0");
    devices.ended("b");
    expect(seen(of("d", 1, { CUDA_VISIBLE_DEVICES: "7" }))).toBe("7");
    expect(devices.equip(workload({ do: "time" }, { pool: "default_pool" })).env).toEqual({});
    // It is told at once, and does not wait for what will never come.
    expect(devices.hasRoomFor(of("e", 4))).toBe(true);
    expect(() => devices.equip(of("e", 4))).toThrow('expected at most 3 slots of the pool "gpu_pool"');
  });
});

/** Each takes the device for itself while it works; another one that has the same at that time fails. */
const python = (folder: string): string => `
import datetime, os, time
from airflow.sdk import DAG, task

with DAG("in_python", schedule=None):
    @task(pool="gpu_pool")
    def work(number):
        device = os.environ["CUDA_VISIBLE_DEVICES"]
        place = os.path.join("${folder}", device)
        os.mkdir(place)
        time.sleep(0.05)
        os.rmdir(place)
        return device

    @task(pool="gpu_pool", pool_slots=2)
    def both():
        return os.environ["CUDA_VISIBLE_DEVICES"]

    @task(pool="gpu_pool", pool_slots=3, retries=2)
    def too_many():
        return "never"

    @task
    def elsewhere():
        return os.environ.get("CUDA_VISIBLE_DEVICES", "none")

    work.expand(number=list(range(6))) >> both()
    elsewhere()
    too_many()
`;
const typescript = (folder: string): string => `
import { mkdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Dag } from "tradewind";
const dag = new Dag("typed", { schedule: null });
const work = dag.task("work", async ({ number }) => {
  const device = process.env.CUDA_VISIBLE_DEVICES;
  const place = join("${folder}", device);
  mkdirSync(place);
  await delay(50);
  rmdirSync(place);
  return device;
}, { pool: "gpu_pool" });
work.partial({}).expand({ number: [0, 1, 2, 3, 4, 5] });
`;

describePython("tasks in a pool of devices", { timeout: 60_000 }, () => {
  it("work on one each, of both languages at once, and never two on the same", async () => {
    const folder = await temporaryFolder();
    const world = await pythonWorld(
      { "dag.py": python(folder), "typed.ts": typescript(folder) },
      { flags: { "worker.devices": "gpu_pool: 0, 1", "worker.slots": "8" } },
    );
    await setPool(world.database, { name: "gpu_pool", slots: 3 });
    await notify(world.database, ["pools"]);
    const [run, typed] = await Promise.all([world.run("in_python"), world.run("typed")]);
    expect(typed.state).toBe("success");
    expect(run.states).toMatchObject({ both: "success", elsewhere: "success", too_many: "failed" });
    expect(await run.xcom("both")).toBe("0,1");
    expect(await run.xcom("elsewhere")).toBe("none");
    expect((await run.log("too_many")).join("\n")).toContain(
      'expected at most 2 slots of the pool "gpu_pool"',
    );
  });
});

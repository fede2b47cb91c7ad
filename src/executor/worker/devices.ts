/**
 * Devices of this machine, by the pool whose slots they are: an attempt in that pool holds as many as it takes slots, and no
 * other has them until its process is gone. CUDA_VISIBLE_DEVICES tells it which.
 */
import { TradewindError } from "../../errors.ts";
import type { Workload } from "../executor.ts";
import type { TaskProcess } from "./task-process.ts";

/** Numbers, or names as CUDA knows them (`GPU-8932f937`), by pool. */
export type PoolDevices = Readonly<Record<string, readonly string[]>>;

const variable = "CUDA_VISIBLE_DEVICES";
const expected = "pools with their devices, as in gpu_pool: 0, 1; training: 2";

/** @throws TradewindError TW_CONFIG_VALUE. */
export function parseDevices(text: string): PoolDevices {
  const pools: Record<string, readonly string[]> = {};
  const seen = new Set<string>();
  for (const part of text.split(";").filter((one) => one.trim() !== "")) {
    const [pool = "", list = "", ...more] = part.split(":").map((one) => one.trim());
    const devices = list.split(",").map((one) => one.trim());
    if (pool === "" || more.length > 0 || !devices.every((one) => /^[\w/-]+$/.test(one)) || pool in pools)
      throw refused(`expected ${expected}, got ${JSON.stringify(part.trim())}`);
    for (const device of devices) {
      if (seen.has(device)) throw refused(`expected each device once, got ${device} twice`);
      seen.add(device);
    }
    pools[pool] = devices;
  }
  return pools;
}

const refused = (what: string): TradewindError =>
  new TradewindError("TW_CONFIG_VALUE", `worker.devices: ${what}`);

interface Held {
  readonly devices: readonly string[];
  process: TaskProcess | null;
  /** The attempt has ended; its process may still be on its way out. */
  isOver: boolean;
}

export class Devices {
  readonly #pools: PoolDevices;
  readonly #held = new Map<string, Held>();

  constructor(pools: PoolDevices) {
    this.#pools = pools;
  }

  /** How many there are, by pool. */
  get counts(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.#pools).map(([pool, all]) => [pool, all.length]));
  }

  /** False while the attempt has to wait for others to end. One that can never fit need not wait to be told so. */
  hasRoomFor({ pool, poolSlots }: Workload): boolean {
    const all = this.#pools[pool];
    return all === undefined || poolSlots > all.length || this.#free(all).length >= poolSlots;
  }

  /**
   * The workload with its devices; as it is where its pool has none here. What the task itself sets stays.
   *
   * @throws TradewindError TW_POOL_DEVICES when it takes more slots than this machine has devices.
   */
  equip(workload: Workload): Workload {
    const { attemptId, pool, poolSlots, env } = workload;
    const all = this.#pools[pool];
    if (all === undefined || poolSlots === 0) return workload;
    if (poolSlots > all.length)
      throw new TradewindError(
        "TW_POOL_DEVICES",
        `expected at most ${all.length} slots of the pool "${pool}", whose devices here are ${all.join(", ")}, got ${poolSlots}`,
      );
    const devices = this.#free(all).slice(0, poolSlots);
    this.#held.set(attemptId, { devices, process: null, isOver: false });
    return { ...workload, env: { [variable]: devices.join(","), ...env } };
  }

  startedIn(attemptId: string, process: TaskProcess): void {
    const held = this.#held.get(attemptId);
    if (held !== undefined) held.process = process;
  }

  ended(attemptId: string): void {
    const held = this.#held.get(attemptId);
    if (held !== undefined) held.isOver = true;
    this.settle();
  }

  /** Takes back what ended attempts held whose processes are gone, too. Whether anything came back. */
  settle(): boolean {
    const before = this.#held.size;
    for (const [attemptId, { isOver, process }] of this.#held)
      if (isOver && (process === null || process.ended)) this.#held.delete(attemptId);
    return this.#held.size < before;
  }

  #free(all: readonly string[]): string[] {
    const taken = new Set([...this.#held.values()].flatMap(({ devices }) => devices));
    return all.filter((device) => !taken.has(device));
  }
}

/**
 * Looks into the step cache for instances of cached tasks before they wait for a slot.
 *
 *     scheduled ── looked for ──┬── hit: success, with the result of before; no slot was taken
 *                               └── miss: waits for a slot like any other; its result is kept when it succeeds
 *
 * The look happens beside the loop. While it goes on the instance is `scheduled` and not in the queue; a reload of memory
 * asks again. A look that fails is a miss: the cache never keeps a task from running.
 */
import { copyFile, link, mkdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Json } from "../core/dag-model.ts";
import type { Instance } from "../core/instances.ts";
import {
  type CacheParts,
  type CacheSpec,
  cacheKey,
  cacheModeOf,
  explainMiss,
  type Surroundings,
} from "../core/step-cache.ts";
import { uuid7 } from "../ids.ts";
import { AttemptLog } from "../logs/attempt-log.ts";
import { SecretMasker } from "../logs/secret-masker.ts";
import type { CachedStep, ChildAnswers, XComValue } from "../runtime/protocol.ts";
import { xcomFolder } from "../runtime/xcom-folder.ts";
import { type CacheEntry, findResults, newestResult, succeededBefore } from "../store/step-cache.ts";
import type { Attempts } from "./attempts.ts";
import { keyedParts, partsOf, sha256 } from "./cache-parts.ts";
import type { ActiveRun, Attempt } from "./memory.ts";
import { runKey } from "./memory.ts";
import { ReadXComs } from "./read-xcoms.ts";
import type { Services } from "./services.ts";
import { refOf, type Work } from "./work.ts";
import { attemptLogPath } from "./workload.ts";

/** What a look made known, for the end of the attempt. */
export interface KnownStep {
  readonly key: string;
  readonly parts: CacheParts;
  readonly ttl: number | null;
}

interface Look {
  readonly outcome: "hit" | "miss" | "off";
  readonly explanation: string;
  /** Null where the task's process has to make the key first, and where the cache is off. */
  readonly known: KnownStep | null;
  readonly entry: CacheEntry | null;
}

type Answer = ChildAnswers["step-cache.look"];

export class StepCache {
  readonly #services: Services;
  readonly #attempts: Pick<Attempts, "endedByCache">;
  readonly #reads: ReadXComs;

  constructor(services: Services, attempts: Pick<Attempts, "endedByCache">) {
    this.#services = services;
    this.#attempts = attempts;
    this.#reads = new ReadXComs(services);
  }

  /** True when the instance, which became `scheduled`, waits for a look and not for a slot yet. */
  ask(work: Work, run: ActiveRun, instance: Instance): boolean {
    const row = run.rowOf(instance);
    const spec = run.dag.tasks[instance.task]?.spec.cache;
    // What goes on after a deferral has looked already.
    if (spec === undefined || row.deferral !== null || row.stepNote !== null) return false;
    const { tryNumber } = instance;
    work.after(() => void this.#look(run, instance, tryNumber, spec));
    return true;
  }

  async #look(run: ActiveRun, instance: Instance, tryNumber: number, spec: CacheSpec): Promise<void> {
    const look = await this.#find(run, instance, spec).catch((error: unknown): Look => {
      this.#services.log.warn(
        { err: error, ...refOf(run, instance) },
        "the step cache could not be looked into",
      );
      return {
        outcome: "off",
        explanation: `it could not be looked for: ${String(error)}`,
        known: null,
        entry: null,
      };
    });
    let result: CachedStep | null = null;
    if (look.entry !== null)
      result = await this.#bring(run, instance, look.entry).catch((error: unknown) => {
        this.#services.log.warn({ err: error, ...refOf(run, instance) }, "a file of a cached result is gone");
        return null;
      });
    if (look.entry !== null && result === null) return this.#miss(run, instance, tryNumber, filesGone(look));
    if (result === null) this.#miss(run, instance, tryNumber, look);
    else this.#hit(run, instance, tryNumber, { look, result });
  }

  async #find(run: ActiveRun, instance: Instance, spec: CacheSpec): Promise<Look> {
    const off = this.#override(run, instance);
    if (off === "off") return { outcome: "off", explanation: "the run says off", known: null, entry: null };
    if (spec.key === "function")
      return { outcome: "miss", explanation: "its key is made in the task", known: null, entry: null };
    return this.#lookFor(run, instance, spec, await partsOf(this.#reads, run, instance));
  }

  #override(run: ActiveRun, instance: Instance): "use" | "refresh" | "off" {
    return cacheModeOf(run.run.conf, refOf(run, instance).taskId);
  }

  async #lookFor(run: ActiveRun, instance: Instance, spec: CacheSpec, parts: CacheParts): Promise<Look> {
    const { database, clock } = this.#services;
    const { taskId } = refOf(run, instance);
    const key = cacheKey({ dagId: run.run.dagId, taskId }, parts, sha256);
    const known = { key, parts, ttl: spec.ttl ?? null };
    const miss = (explanation: string): Look => ({ outcome: "miss", explanation, known, entry: null });
    if (this.#override(run, instance) === "refresh") return miss("the run says refresh");
    if (await succeededBefore(database, refOf(run, instance)))
      return miss("it had succeeded in this run and was cleared");
    const surroundings = surroundingsOf(run);
    const [entry] = await findResults(database, key, surroundings, clock.now());
    if (entry !== undefined) return { outcome: "hit", explanation: hitWords(entry), known, entry };
    const newest = await newestResult(database, run.run.dagId, taskId);
    return miss(explainMiss({ parts, surroundings, at: clock.now() }, newest));
  }

  /** What the task's process asks, which has called the key's function. */
  async answer({ run, instance }: Attempt, value: Json): Promise<Answer> {
    const spec = run.dag.tasks[instance.task]?.spec.cache;
    if (spec === undefined || this.#override(run, instance) === "off")
      return { explanation: "the run says off", result: null };
    const look = await this.#lookFor(run, instance, spec, keyedParts(run, spec, value));
    const result =
      look.entry === null ? null : await this.#bring(run, instance, look.entry).catch(() => null);
    const told = look.entry !== null && result === null ? filesGone(look) : look;
    this.#services.engine.submit({
      name: "step cache looked into by a task",
      apply: (work) => {
        if (work.memory.runs.get(run.row.pk) !== run || instance.state !== "running") return;
        // A result of before is not kept once more.
        run.rowOf(instance).step = result === null ? told.known : null;
        work.batch.cacheLookups.push(lookupOf(run, instance, told));
      },
    });
    return { explanation: told.explanation, result };
  }

  #miss(run: ActiveRun, instance: Instance, tryNumber: number, look: Look): void {
    this.#services.engine.submit({
      name: "step cache missed",
      apply: (work) => {
        if (!stillAsks(work, run, instance, tryNumber)) return;
        const task = run.dag.tasks[instance.task];
        if (task === undefined) return;
        const row = run.rowOf(instance);
        row.step = look.known;
        // Of a look that the task's process makes, that process tells.
        const untold = look.outcome === "miss" && look.known === null;
        row.stepNote = untold ? "" : `step cache ${look.outcome}: ${look.explanation}`;
        if (look.known !== null || look.outcome === "off")
          work.batch.cacheLookups.push(lookupOf(run, instance, look));
        work.memory.queue.stateChanged(runKey(run), task, instance.mapIndex, null, "scheduled");
      },
    });
  }

  #hit(
    run: ActiveRun,
    instance: Instance,
    tryNumber: number,
    { look, result }: { look: Look; result: CachedStep },
  ): void {
    const { clock, random } = this.#services;
    const attemptId = uuid7(clock.now(), random(16));
    this.#services.engine.submit({
      name: "step cache hit",
      apply: (work) => {
        if (!stillAsks(work, run, instance, tryNumber)) return;
        work.batch.cacheLookups.push(lookupOf(run, instance, look));
        const { xcoms, length, keys, skip, outletEvents } = result;
        const value = xcoms.find(({ key }) => key === "return_value")?.value;
        this.#attempts.endedByCache(work, run, instance, attemptId, {
          result: {
            outcome: "success",
            ...(value === undefined ? {} : { value }),
            ...(skip === undefined ? {} : { skip }),
            ...(outletEvents === undefined ? {} : { outletEvents: [...outletEvents] }),
          },
          xcoms: xcoms.filter(({ key }) => key !== "return_value"),
          ...(length === undefined ? {} : { length }),
          ...(keys === undefined ? {} : { keys }),
        });
        work.after(() => this.#writeLog(run, instance, `step cache hit: ${look.explanation}`));
      },
    });
  }

  /** The log of an attempt that no worker had. */
  #writeLog(run: ActiveRun, instance: Instance, message: string): void {
    const { settings, clock, log } = this.#services;
    const { dagId, runId } = run.run;
    const { taskId, mapIndex } = refOf(run, instance);
    const path = attemptLogPath({ dagId, runId, taskId, mapIndex, tryNumber: instance.tryNumber });
    const file = new AttemptLog(settings.logsFolder, path, {
      clock,
      masker: new SecretMasker(),
      maxBytes: Number.MAX_SAFE_INTEGER,
      onError: (error) => log.warn({ err: error, path }, "the log of a cached step could not be written"),
    });
    file.write("info", "step-cache", message);
    file.close();
  }

  /** Large values are files of the run that made them; a run that takes them has files of its own. */
  async #bring(run: ActiveRun, instance: Instance, { result }: CacheEntry): Promise<CachedStep> {
    const xcoms = await Promise.all(
      result.xcoms.map(async ({ key, value }) => ({ key, value: await this.#own(run, instance, value) })),
    );
    return { ...result, xcoms };
  }

  async #own(run: ActiveRun, instance: Instance, value: XComValue): Promise<XComValue> {
    if (!("ref" in value)) return value;
    const { settings, random } = this.#services;
    const source = fileURLToPath(value.ref.uri);
    const { dagId, runId } = run.run;
    const folder = xcomFolder(settings.artifactRoot, { dagId, runId, ...refOf(run, instance) });
    const own = join(
      folder,
      `${uuid7(this.#services.clock.now(), random(16))}-${basename(source).slice(-100)}`,
    );
    await mkdir(folder, { recursive: true });
    // A link costs nothing; on another file system, or one without links, it is a copy.
    await link(source, own).catch(() => copyFile(source, own));
    await stat(own);
    return { ref: { ...value.ref, uri: pathToFileURL(own).href } };
  }
}

function surroundingsOf({ run }: ActiveRun): Surroundings {
  const iso = (at: number | undefined | null): string | null =>
    at == null ? null : new Date(at).toISOString();
  return {
    logicalDate: iso(run.logicalDate),
    dataIntervalStart: iso(run.dataInterval?.start),
    dataIntervalEnd: iso(run.dataInterval?.end),
    runId: run.runId,
  };
}

/** It was cleared, marked or read again while the look went on. */
function stillAsks(work: Work, run: ActiveRun, instance: Instance, tryNumber: number): boolean {
  return (
    work.memory.runs.get(run.row.pk) === run &&
    run.instances.get(instance) === instance &&
    instance.state === "scheduled" &&
    instance.tryNumber === tryNumber
  );
}

function hitWords({ runId, tryNumber, mapIndex, createdAt, expiresAt }: CacheEntry): string {
  const whose = `try ${tryNumber}${mapIndex < 0 ? "" : ` of map index ${mapIndex}`} in run ${runId}`;
  const until = expiresAt === null ? "" : `, which counts until ${new Date(expiresAt).toISOString()}`;
  return `code, inputs and params are those of ${whose} of ${new Date(createdAt).toISOString()}${until}`;
}

function filesGone(look: Look): Look {
  return { ...look, outcome: "miss", explanation: "files of the earlier result are gone", entry: null };
}

function lookupOf(run: ActiveRun, instance: Instance, { outcome, explanation, known, entry }: Look) {
  return {
    ...refOf(run, instance),
    tryNumber: instance.tryNumber,
    outcome,
    explanation,
    key: known?.key ?? null,
    sourceRunId: entry?.runId ?? null,
    sourceMapIndex: entry?.mapIndex ?? null,
    sourceTryNumber: entry?.tryNumber ?? null,
  };
}

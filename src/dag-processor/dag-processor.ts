/**
 * Keeps the database's Dags equal to the files of a folder.
 *
 * Lifecycle: `start` scans the folder and begins to watch it; every change, and a slow poll behind it, asks for
 * a pass (scan, compare, import what changed). Passes never overlap; imports go on beside them, one per file at a
 * time. `stop` ends the importing processes and leaves everything as it was written last.
 *
 * A file is imported again only when its text, or that of a local file it reached, changed. One that fails keeps
 * its last good version; it is tried again when it changes, and if it failed for a reason that may pass (it threw,
 * it hung), now and then.
 */
import { realpath } from "node:fs/promises";
import { dirname, sep } from "node:path";
import type { TradewindError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { writeSnapshot } from "../runtime/code-snapshot.ts";
import { isPythonFile } from "../runtime/python-command.ts";
import type { Clock, Timer } from "../time.ts";
import { FileState } from "./file-state.ts";
import { type FoundFile, findDagFiles, mayDefineDag } from "./find-dag-files.ts";
import type { IgnoreSyntax } from "./ignore-rules.ts";
import type { ImportAnswer } from "./import-messages.ts";
import { ImportPools, type PythonPoolOptions } from "./import-pools.ts";
import type { DagSink, ImportedDag, ImportProblem } from "./outcome.ts";
import { PythonEnvironments } from "./python-environments.ts";
import { importedDags } from "./version-hash.ts";
import { FolderWatch } from "./watch-folders.ts";
import { readText } from "./zip-files.ts";

export interface DagProcessorOptions {
  readonly dagsFolder: string;
  /** Where the texts of versions are kept for task processes. */
  readonly versionsFolder: string;
  readonly sink: DagSink;
  readonly clock: Clock;
  readonly log: Logger;
  /** Environment of the importing processes. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Seconds; see `config-options.ts`, `core.dagImportTimeout` and section `dagProcessor`. */
  readonly importTimeout: number;
  readonly pollSeconds: number;
  readonly idleSeconds: number;
  readonly filesPerChild: number;
  readonly parallelism: number;
  readonly ignoreSyntax?: IgnoreSyntax;
  /** Only this file of the folder is looked at, relative to it; what is known of others stays. */
  readonly onlyFile?: string;
  /** Which file of another bundle has the Dag id, in words. */
  readonly ownerElsewhere?: (dagId: string) => string | null;
  /** How Python files are imported; they are passed over where nothing is said. */
  readonly python?: PythonPoolOptions;
}

/** Quiet time after a change before it is looked at, and the longest that further changes put it off. */
const settleMs = 30;
const longestSettleMs = 300;
/** A failure of a file younger than this may be that of a half-written one. */
const youngMs = 200;
const firstRetryMs = 30_000;
const longestRetryMs = 600_000;

export class DagProcessor {
  readonly #options: DagProcessorOptions;
  readonly #pools: ImportPools;
  readonly #environments: PythonEnvironments | null;
  readonly #watch: FolderWatch;
  readonly #files = new Map<string, FileState>();
  /** Which file each Dag id belongs to. */
  readonly #owners = new Map<string, string>();
  /** Result of the look for the words that a Dag file has, by path; again when time or size differ. */
  readonly #mentions = new Map<string, { mtimeMs: number; size: number; mentions: boolean }>();
  readonly #imports = new Set<Promise<void>>();
  readonly #complaints = new Set<string>();
  #pass: Promise<void> = Promise.resolve();
  #passWaits = false;
  #present = "";
  #poll: Timer | undefined;
  #settle: Timer | undefined;
  #settleBegan = 0;
  #stopped = false;

  constructor(options: DagProcessorOptions) {
    this.#options = options;
    const { python } = options;
    this.#pools = new ImportPools(
      {
        ...options,
        timeout: options.importTimeout,
        filesPerProcess: options.filesPerChild,
        onOutput: (relativeFile: string, output: string) =>
          options.log.debug({ relativeFile, output }, "a Dag file printed while it was imported"),
      },
      python,
    );
    this.#environments =
      python === undefined ? null : new PythonEnvironments({ ...options, ...python, python });
    this.#watch = new FolderWatch(
      () => this.#changed(),
      (message) => options.log.warn(message),
    );
  }

  /** Resolves when everything in the folder was imported once and written. */
  async start(): Promise<void> {
    for (const [dagId, relativeFile] of await this.#options.sink.owners())
      this.#owners.set(dagId, relativeFile);
    await this.runOnce();
    this.#pollLater();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#poll?.cancel();
    this.#settle?.cancel();
    this.#watch.close();
    await this.#pools.stop();
    await this.#pass;
  }

  /** One pass, and the end of every import that it began. */
  async runOnce(): Promise<void> {
    await this.#requestPass();
    while (this.#imports.size > 0) await Promise.race(this.#imports);
  }

  /** Imports again whatever its texts say: all files, or one. */
  async reparse(relativeFile?: string): Promise<void> {
    for (const state of this.#files.values()) {
      if (relativeFile === undefined || state.relativeFile === relativeFile) this.#import(state);
    }
    await this.runOnce();
  }

  /** The file that defines a Dag. */
  ownerOf(dagId: string): string | undefined {
    return this.#owners.get(dagId);
  }

  #changed(): void {
    if (this.#stopped) return;
    const { clock } = this.#options;
    this.#pools.warmUp([...this.#files.values()].map(({ path }) => path));
    if (this.#settle === undefined) this.#settleBegan = clock.now();
    else if (clock.now() - this.#settleBegan > longestSettleMs) return;
    this.#settle?.cancel();
    this.#settle = clock.after(settleMs, () => {
      this.#settle = undefined;
      void this.#requestPass();
    });
  }

  #pollLater(): void {
    if (this.#stopped) return;
    this.#poll = this.#options.clock.after(this.#options.pollSeconds * 1000, () => {
      void this.#requestPass().then(() => this.#pollLater());
    });
  }

  /** Passes run one after the other; a request that waits stands for all that come until it begins. */
  #requestPass(): Promise<void> {
    if (this.#passWaits) return this.#pass;
    this.#passWaits = true;
    const before = this.#pass;
    this.#pass = (async () => {
      await before;
      this.#passWaits = false;
      if (this.#stopped) return;
      await this.#scan().catch((error: unknown) => {
        this.#options.log.error(
          { err: error },
          "the Dags folder could not be scanned; the next poll tries again",
        );
      });
    })();
    return this.#pass;
  }

  async #scan(): Promise<void> {
    const { dagsFolder, ignoreSyntax = "glob", onlyFile } = this.#options;
    const found = await findDagFiles(dagsFolder, ignoreSyntax).catch((error: NodeJS.ErrnoException) => {
      // A folder that is not there (a volume that is not mounted) is no reason to forget its Dags.
      this.#complain(`the Dags folder ${dagsFolder} cannot be read: ${error.message}`);
      return null;
    });
    if (found === null) return;
    found.complaints.forEach((complaint) => this.#complain(complaint));
    const candidates: FoundFile[] = [];
    for (const file of found.files) {
      if (onlyFile !== undefined && file.relativeFile !== onlyFile) continue;
      if (this.#environments === null && isPythonFile(file.path)) continue;
      if (await this.#mayDefineDag(file)) candidates.push(file);
    }
    if (onlyFile === undefined)
      await this.#forgetOthers(new Set(candidates.map((file) => file.relativeFile)));
    for (const file of candidates) await this.#look(file);
    this.#watch.watchOnly([...found.folders, ...this.#foldersReached()]);
  }

  #complain(message: string): void {
    if (this.#complaints.has(message)) return;
    this.#complaints.add(message);
    this.#options.log.warn(message);
  }

  async #mayDefineDag(file: FoundFile): Promise<boolean> {
    const known = this.#mentions.get(file.path);
    if (known?.mtimeMs === file.mtimeMs && known.size === file.size) return known.mentions;
    const text = await readText(file.path);
    // Not readable now: as it was, and if it is new its import shall say why.
    const mentions = text === null ? (known?.mentions ?? true) : mayDefineDag(text, file.path);
    this.#mentions.set(file.path, { mtimeMs: file.mtimeMs, size: file.size, mentions });
    return mentions;
  }

  /**
   * Forgets files that are gone, or mention no Dag any more. Editors that write in place, or delete and write,
   * make a file look so for a moment: it has to be missing for a while.
   */
  async #forgetOthers(candidates: ReadonlySet<string>): Promise<void> {
    const now = this.#options.clock.now();
    const present = new Set(candidates);
    for (const state of this.#files.values()) {
      state.missingSince = candidates.has(state.relativeFile) ? null : (state.missingSince ?? now);
      if (state.missingSince === null) continue;
      if (now - state.missingSince < youngMs) {
        present.add(state.relativeFile);
        this.#options.clock.after(youngMs, () => void this.#requestPass());
        continue;
      }
      this.#files.delete(state.relativeFile);
      this.#mentions.delete(state.path);
    }
    for (const [dagId, relativeFile] of this.#owners) if (!present.has(relativeFile)) this.#release(dagId);
    const key = JSON.stringify([...present].sort());
    if (key === this.#present) return;
    await this.#options.sink.keepOnly([...present]);
    this.#present = key;
  }

  async #look(file: FoundFile): Promise<void> {
    let state = this.#files.get(file.relativeFile);
    if (state === undefined) {
      state = new FileState(file);
      this.#files.set(file.relativeFile, state);
    }
    const isDue = state.retry !== null && state.retry.at <= this.#options.clock.now();
    if (isDue || (await state.hasChanged())) this.#import(state);
  }

  /** Folders with local files that Dags import from outside of the Dags folder. */
  #foldersReached(): Set<string> {
    const folders = new Set<string>();
    for (const state of this.#files.values()) {
      for (const path of state.reachedPaths)
        if (!path.includes(`${sep}node_modules${sep}`)) folders.add(dirname(path));
    }
    return folders;
  }

  #import(state: FileState): void {
    state.isDirty = true;
    if (state.isImporting || this.#stopped) return;
    state.isImporting = true;
    const work = this.#importUntilClean(state)
      .catch((error: unknown) => {
        this.#options.log.error(
          { err: error, relativeFile: state.relativeFile },
          "a Dag file's import could not be stored; the next poll tries again",
        );
        state.retry = { at: this.#options.clock.now(), delayMs: firstRetryMs };
      })
      .finally(() => {
        state.isImporting = false;
        this.#imports.delete(work);
      });
    this.#imports.add(work);
  }

  async #importUntilClean(state: FileState): Promise<void> {
    while (state.isDirty && !this.#stopped && this.#files.get(state.relativeFile) === state) {
      state.isDirty = false;
      const dagsFolder = await realpath(this.#options.dagsFolder);
      const answer = await this.#importOnce(state, dagsFolder);
      if (answer.problem !== null) await this.#untilOldEnough(state);
      // Written to while it was imported: what came of it is of no use.
      if (await state.hasChanged()) state.isDirty = true;
      else await this.#store(state, answer);
    }
  }

  /** In the interpreter that its settings name; that it cannot be had is the file's problem. */
  async #importOnce(state: FileState, dagsFolder: string): Promise<ImportAnswer> {
    const environments = isPythonFile(state.path) ? this.#environments : null;
    const found = (await environments?.of(dagsFolder, state.relativeFile)) ?? null;
    const interpreter = found?.interpreter ?? null;
    const answer =
      interpreter instanceof Error
        ? notImported(interpreter)
        : await this.#pools.of(interpreter).import(dagsFolder, state.relativeFile);
    await state.remember(dagsFolder, answer, found?.reached);
    return answer;
  }

  async #untilOldEnough(state: FileState): Promise<void> {
    const { clock } = this.#options;
    const age = clock.now() - (await state.newestChange());
    if (age >= 0 && age < youngMs) await new Promise<void>((done) => void clock.after(youngMs - age, done));
  }

  async #store(state: FileState, answer: ImportAnswer): Promise<void> {
    const { sink, clock, log, versionsFolder } = this.#options;
    const { relativeFile } = state;
    const all = importedDags(answer);
    const claims = new Map(all.map((dag) => [dag, this.#claim(state, dag.spec.dagId)]));
    const conflicts = all.filter((dag) => claims.get(dag) === "conflict");
    const dags = all.filter((dag) => claims.get(dag) === "own");
    const taken = dags.filter(({ spec }) => (this.#owners.get(spec.dagId) ?? relativeFile) !== relativeFile);
    const problem =
      answer.problem ?? (conflicts.length === 0 ? null : this.#duplicates(conflicts, relativeFile));
    // Before the database: a run may begin as soon as the version is there.
    for (const dag of dags) writeSnapshot(versionsFolder, dag.texts);
    // Taken before the writing, so that another file that is stored meanwhile sees it.
    for (const dag of dags) this.#owners.set(dag.spec.dagId, relativeFile);
    const others = answer.problem === null ? "none" : "all";
    await sink.store({
      relativeFile,
      dags,
      problem,
      others,
      importedAt: clock.now(),
      seconds: answer.seconds,
    });
    if (others === "none") this.#settleOwnership(state, dags, conflicts);
    for (const { spec } of taken) this.#retryConflicts(spec.dagId);
    state.retry = nextRetry(state, answer.problem, clock.now());
    if (problem === null)
      log.debug({ relativeFile, dags: state.dagIds, seconds: answer.seconds }, "imported a Dag file");
    else
      log.warn(
        { relativeFile, code: problem.code, line: problem.line },
        `Dag file ${relativeFile}: ${problem.message}`,
      );
  }

  /**
   * Whose Dag it is when a file defines it. One that a file has only because it imports another Dag file (for an
   * asset that both use, say) belongs to that other file, whichever of the two was looked at first.
   */
  #claim({ relativeFile, imported }: FileState, dagId: string): "own" | "imported" | "conflict" {
    const known = this.#owners.get(dagId);
    if (known === undefined && this.#ownerElsewhere(dagId) !== null) return "conflict";
    const owner = known ?? relativeFile;
    if (owner === relativeFile || this.#files.get(owner)?.imported.has(relativeFile)) return "own";
    return imported.has(owner) ? "imported" : "conflict";
  }

  #ownerElsewhere(dagId: string): string | null {
    return this.#options.ownerElsewhere?.(dagId) ?? null;
  }

  #settleOwnership(state: FileState, dags: readonly ImportedDag[], conflicts: readonly ImportedDag[]): void {
    state.dagIds = dags.map((dag) => dag.spec.dagId);
    state.conflicts = conflicts.map((dag) => dag.spec.dagId);
    const kept = new Set(state.dagIds);
    for (const [dagId, owner] of this.#owners)
      if (owner === state.relativeFile && !kept.has(dagId)) this.#release(dagId);
  }

  /** Nobody defines the id any more: a file that wanted it may have it. */
  #release(dagId: string): void {
    this.#owners.delete(dagId);
    this.#retryConflicts(dagId);
  }

  #retryConflicts(dagId: string): void {
    for (const state of this.#files.values()) if (state.conflicts.includes(dagId)) this.#import(state);
  }

  #duplicates(conflicts: readonly ImportedDag[], relativeFile: string): ImportProblem {
    const lines = conflicts.map(({ spec }) => {
      const other = this.#owners.get(spec.dagId) ?? this.#ownerElsewhere(spec.dagId) ?? "";
      return `Dag id "${spec.dagId}" is defined in ${other} already, and again in ${relativeFile}${spec.line === undefined ? "" : ` (line ${spec.line})`}; rename one of the two`;
    });
    const message = lines.join("\n");
    return {
      code: "TW_DAG_DUPLICATE_ID",
      message,
      stacktrace: message,
      line: conflicts[0]?.spec.line ?? null,
      column: null,
    };
  }
}

function notImported({ code, message: what, hint }: TradewindError): ImportAnswer {
  const message = hint === undefined ? what : `${what}\nLikely cause: ${hint}`;
  const problem = { code, message, stacktrace: message, line: null, column: null };
  const nothing = { dags: [], files: {}, missing: [] };
  return { type: "imported", id: 0, ...nothing, problem, seconds: 0, tainted: false };
}

/** What the file does may turn out otherwise the next time, and a package may be installed; its text may not. */
function nextRetry(state: FileState, problem: ImportProblem | null, now: number): FileState["retry"] {
  if (problem === null) return null;
  const mayPass = /^TW_(?:DAG_FILE_|DAG_DUPLICATE_ID|PYTHON_|IMPORT_NOT_FOUND)/.test(problem.code);
  if (!mayPass) return null;
  const delayMs = state.retry === null ? firstRetryMs : Math.min(state.retry.delayMs * 2, longestRetryMs);
  return { at: now + delayMs, delayMs };
}

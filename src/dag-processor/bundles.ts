/**
 * Keeps the database's Dags equal to all bundles: a Dag processor for each, and for those of Git or a bucket a refresh now
 * and then.
 *
 * Lifecycle: `start` brings every bundle up and imports it; a bundle that cannot be fetched says so as an import error
 * of its own, keeps its Dags, and is tried again. A Dag id belongs to the bundle that had it first.
 */

import { TradewindError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Clock, Timer } from "../time.ts";
import { BucketBundle, type BucketBundleHost } from "./bucket-bundle.ts";
import type { BundleSpec } from "./bundle-config.ts";
import { DagProcessor, type DagProcessorOptions } from "./dag-processor.ts";
import { GitBundle, type GitBundleHost } from "./git-bundle.ts";
import type { DagSink, ImportProblem } from "./outcome.ts";

export interface BundlesOptions {
  readonly bundles: readonly BundleSpec[];
  readonly git: GitBundleHost;
  readonly bucket: BucketBundleHost;
  readonly clock: Clock;
  readonly log: Logger;
  /** Dags of other bundles than these are not there any more. */
  forgetOthers?(names: readonly string[]): Promise<void>;
  /** `version` is the commit of a Git bundle, the digest of a bucket, when it is called. */
  sink(bundle: { name: string; folder: string; version(): string | null }): DagSink;
  processor(bundle: {
    folder: string;
    sink: DagSink;
    ownerElsewhere(dagId: string): string | null;
  }): DagProcessorOptions;
}

/** Where a bundle's own trouble stands among import errors. */
const wholeBundle = ".";

interface Member {
  readonly name: string;
  /** Null for a folder, which is there by itself. */
  readonly remote: GitBundle | BucketBundle | null;
  readonly sink: DagSink;
  readonly processor: DagProcessor;
  version: string | null;
  /** Why it could not be fetched. */
  problem: ImportProblem | null;
  isTold: boolean;
}

export class DagBundles {
  readonly #options: BundlesOptions;
  readonly #members: Member[];
  readonly #timers = new Set<Timer>();
  #stopped = false;

  constructor(options: BundlesOptions) {
    this.#options = options;
    this.#members = options.bundles.map((spec) => this.#member(spec));
  }

  /** Resolves when everything was imported once and written. */
  async start(): Promise<void> {
    await this.#forgetOthers();
    await Promise.all(
      this.#members.map(async (member) => {
        await this.#refresh(member);
        await member.processor.start();
        await this.#tell(member);
        this.#refreshLater(member);
      }),
    );
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
    await Promise.all(this.#members.map(({ processor }) => processor.stop()));
  }

  /** One pass over each bundle, and the end of every import that it began. */
  async runOnce(): Promise<void> {
    await this.#forgetOthers();
    await Promise.all(
      this.#members.map(async (member) => {
        await this.#pass(member);
      }),
    );
  }

  /** Imports again whatever its texts say: all files, or one. */
  async reparse(relativeFile?: string): Promise<void> {
    await Promise.all(this.#members.map(({ processor }) => processor.reparse(relativeFile)));
  }

  async #forgetOthers(): Promise<void> {
    await this.#options.forgetOthers?.(this.#members.map(({ name }) => name));
  }

  #member(spec: BundleSpec): Member {
    const remote = this.#remote(spec);
    const folder = remote?.folder ?? (spec.kind === "local" ? spec.folder : "");
    const { name } = spec;
    const sink = this.#options.sink({ name, folder, version: () => member.version });
    const ownerElsewhere = (dagId: string): string | null => this.#ownerElsewhere(name, dagId);
    const processor = new DagProcessor(this.#options.processor({ folder, sink, ownerElsewhere }));
    const member: Member = { name, remote, sink, processor, version: null, problem: null, isTold: false };
    return member;
  }

  #remote(spec: BundleSpec): Member["remote"] {
    if (spec.kind === "git") return new GitBundle(spec, this.#options.git);
    return spec.kind === "bucket" ? new BucketBundle(spec, this.#options.bucket) : null;
  }

  #ownerElsewhere(name: string, dagId: string): string | null {
    for (const member of this.#members) {
      const file = member.name === name ? undefined : member.processor.ownerOf(dagId);
      if (file !== undefined) return `${file} of bundle "${member.name}"`;
    }
    return null;
  }

  async #refresh(member: Member): Promise<void> {
    if (member.remote === null) return;
    const { log } = this.#options;
    try {
      const version = await member.remote.refresh();
      if (version !== member.version)
        log.info({ bundle: member.name, version }, "a bundle is at a new version");
      member.version = version;
      member.problem = null;
    } catch (error) {
      const { message, hint } = error as Error & { hint?: string };
      log.warn({ bundle: member.name }, message);
      const text = hint === undefined ? message : `${message}\nLikely cause: ${hint}`;
      const code = error instanceof TradewindError ? error.code : "TW_BUNDLE_GIT";
      member.problem = { code, message: text, stacktrace: text, line: null, column: null };
    }
  }

  async #pass(member: Member): Promise<void> {
    await this.#refresh(member);
    await member.processor.runOnce();
    await this.#tell(member);
  }

  /** After a pass, which forgets the errors of files that it did not find. */
  async #tell(member: Member): Promise<void> {
    const { problem } = member;
    if (problem === null && !member.isTold) return;
    member.isTold = problem !== null;
    const importedAt = this.#options.clock.now();
    const nothing = { dags: [], others: "all", seconds: 0 } as const;
    await member.sink.store({ relativeFile: wholeBundle, problem, importedAt, ...nothing });
  }

  #refreshLater(member: Member): void {
    if (member.remote === null || this.#stopped) return;
    const timer = this.#options.clock.after(member.remote.spec.refreshSeconds * 1000, () => {
      this.#timers.delete(timer);
      void this.#pass(member)
        .catch((error: unknown) => this.#options.log.error({ err: error }, "a bundle could not be refreshed"))
        .finally(() => this.#refreshLater(member));
    });
    this.#timers.add(timer);
  }
}

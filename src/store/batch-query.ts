/**
 * Statements that stand or fall together, in one flight: all of them and ONE Sync are written at once, and the server
 * answers all with one write. Without BEGIN and COMMIT: what stands before a Sync is a transaction of its own
 * (PostgreSQL, Frontend/Backend Protocol, "Pipelining"). Rows that statements return are dropped.
 *
 * `pg` sends a Sync behind each query, so that the server commits or at least answers each by itself: two wake-ups
 * and two system calls more for each statement.
 */
import type { Connection as WireConnection } from "pg";
import { Query } from "pg";
import type { Statement } from "./sql.ts";

/** What of pg's connection it uses beside its types. */
type Wire = WireConnection & {
  readonly stream: { cork(): void; uncork(): void; destroy(): void };
  /** Names of prepared statements that were sent. */
  readonly submittedNamedStatements: Record<string, string | undefined>;
  close(message: { type: "S"; name: string }): void;
};

/** Names whose preparation was sent in a batch that failed: nobody knows whether the server has them. */
const doubtful = new WeakMap<WireConnection, Set<string>>();

class BatchQuery extends Query {
  readonly #statements: readonly Statement[];
  readonly #resolve: (counts: number[]) => void;
  readonly #reject: (error: unknown) => void;
  readonly #counts: number[] = [];
  readonly #prepared: string[] = [];

  constructor(
    statements: readonly Statement[],
    resolve: (counts: number[]) => void,
    reject: (error: unknown) => void,
  ) {
    super({ text: "" });
    this.#statements = statements;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  override submit = (connection: WireConnection): null => {
    const wire = connection as Wire;
    // Each statement writes itself, but neither its Sync nor the question for its columns.
    const quiet = Object.assign(Object.create(wire) as Wire, { sync: () => {}, describe: () => {} });
    wire.stream.cork();
    try {
      for (const statement of this.#statements) this.#write(statement, wire, quiet);
      wire.sync();
    } catch (error) {
      // A value that cannot be written: what was written before it must never meet a Sync.
      wire.stream.destroy();
      throw error;
    } finally {
      wire.stream.uncork();
    }
    return null;
  };

  #write({ name, text, values }: Statement, wire: Wire, quiet: Wire): void {
    if (name !== undefined && wire.submittedNamedStatements[name] === undefined) {
      if (doubtful.get(wire)?.delete(name) === true) wire.close({ type: "S", name });
      this.#prepared.push(name);
    }
    new Query({
      text,
      values: values as unknown[],
      ...(name === undefined ? { queryMode: "extended" } : { name }),
    }).submit(quiet);
  }

  handleRowDescription(): void {}
  handleDataRow(): void {}
  handlePortalSuspended(): void {}
  handleEmptyQuery(): void {
    this.#counts.push(0);
  }
  handleCommandComplete({ text }: { readonly text: string }): void {
    this.#counts.push(Number(/\d+$/.exec(text)?.[0] ?? 0));
  }
  handleReadyForQuery(): void {
    this.#resolve(this.#counts);
  }
  handleError(error: unknown, connection: WireConnection): void {
    const wire = connection as Wire;
    const names = doubtful.get(wire) ?? new Set();
    doubtful.set(wire, names);
    for (const name of this.#prepared) {
      names.add(name);
      delete wire.submittedNamedStatements[name];
    }
    this.#reject(error);
  }
}

/** Numbers of rows that the statements touched, in order. Rejects with what made the first of them fail. */
export function runBatch(
  client: { query(query: Query): unknown },
  statements: readonly Statement[],
): Promise<number[]> {
  return new Promise((resolve, reject) => {
    client.query(new BatchQuery(statements, resolve, reject));
  });
}

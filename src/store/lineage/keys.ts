/** Ids of nodes as the rows of `unnest`: `u (id, …)`. What cannot be the id of the kind is left out. */
import {
  parseAttemptNode,
  parseDataset,
  parseNumbered,
  parseOfDag,
  parseVariantNode,
} from "../../core/lineage.ts";
import type { Statement } from "../sql.ts";
import { sql } from "../sql.ts";
import { asRunId } from "../tracking/ids.ts";

function parsed<Key>(
  ids: readonly string[],
  parse: (id: string) => Key | null,
): { ids: string[]; keys: Key[] } {
  const found = ids.flatMap((id) => {
    const key = parse(id);
    return key === null ? [] : [{ id, key }];
  });
  return { ids: found.map(({ id }) => id), keys: found.map(({ key }) => key) };
}

/** `u (id, dag_id, run_id, task_id, map_index, try_number)` */
export function attempts(list: readonly string[]): Statement {
  const { ids, keys } = parsed(list, parseAttemptNode);
  return sql`unnest(${ids}::text[], ${keys.map(({ dagId }) => dagId)}::text[], ${keys.map(({ runId }) => runId)}::text[],
    ${keys.map(({ taskId }) => taskId)}::text[], ${keys.map(({ mapIndex }) => mapIndex)}::int[],
    ${keys.map(({ tryNumber }) => tryNumber)}::int[]) AS u (id, dag_id, run_id, task_id, map_index, try_number)`;
}

/** `u (id, dag_id, run_id)` */
export function dagRuns(list: readonly string[]): Statement {
  const { ids, keys } = parsed(list, parseOfDag);
  return sql`unnest(${ids}::text[], ${keys.map(({ dagId }) => dagId)}::text[], ${keys.map(({ rest }) => rest)}::text[])
    AS u (id, dag_id, run_id)`;
}

const nameAndNumber = (id: string) => {
  const key = parseOfDag(id);
  return key === null || !/^[1-9]\d{0,8}$/.test(key.rest) ? null : key;
};

/** `u (id, dag_id, version_number)` */
export function dagVersions(list: readonly string[]): Statement {
  const { ids, keys } = parsed(list, nameAndNumber);
  return sql`unnest(${ids}::text[], ${keys.map(({ dagId }) => dagId)}::text[], ${keys.map(({ rest }) => Number(rest))}::int[])
    AS u (id, dag_id, version_number)`;
}

/** `u (id, name, version)`, the version a number. */
export function numbered(list: readonly string[]): Statement {
  const { ids, keys } = parsed(list, parseNumbered);
  return sql`unnest(${ids}::text[], ${keys.map(({ name }) => name)}::text[], ${keys.map(({ version }) => version)}::int[])
    AS u (id, name, version)`;
}

/** `u (id, name, digest)` */
export function datasets(list: readonly string[]): Statement {
  const { ids, keys } = parsed(list, parseDataset);
  return sql`unnest(${ids}::text[], ${keys.map(({ name }) => name)}::text[], ${keys.map(({ digest }) => digest)}::text[])
    AS u (id, name, digest)`;
}

/** `u (id, endpoint, variant, model, version)`, the version a text. */
export function variants(list: readonly string[]): Statement {
  const { ids, keys } = parsed(list, parseVariantNode);
  return sql`unnest(${ids}::text[], ${keys.map(({ endpoint }) => endpoint)}::text[],
    ${keys.map(({ variant }) => variant)}::text[], ${keys.map(({ model }) => model)}::text[],
    ${keys.map(({ version }) => version)}::text[]) AS u (id, endpoint, variant, model, version)`;
}

/** `u (id, run)`, the run a uuid. */
export function runs(list: readonly string[]): Statement {
  const { ids, keys } = parsed(list, asRunId);
  return sql`unnest(${ids}::text[], ${keys}::uuid[]) AS u (id, run)`;
}

/** `u (id, row)`, the row a bigint. */
export function rows(list: readonly string[]): Statement {
  const { ids, keys } = parsed(list, (id) => (/^\d{1,15}$/.test(id) ? Number(id) : null));
  return sql`unnest(${ids}::text[], ${keys}::bigint[]) AS u (id, row)`;
}

/** `u (id)` */
export function plain(list: readonly string[]): Statement {
  return sql`unnest(${[...list]}::text[]) AS u (id)`;
}

/** Moving an alias and the traffic of an endpoint in one transaction: whoever looks sees both before, or both after. */
import { TradewindError } from "../errors.ts";
import type { Database, Executor } from "./connect.ts";
import { type By, type EndpointRow, type EndpointVariant, findEndpoint, moveTraffic } from "./endpoints.ts";
import { sql } from "./sql.ts";
import { setVersionTag } from "./tracking/model-versions.ts";
import { lockModel, moveAlias } from "./tracking/registered-models.ts";

export interface Promotion {
  readonly name: string;
  readonly alias: string;
  readonly version: number;
  /** Where the alias has to stand still, null for nowhere; undefined: wherever it stands. */
  readonly expected: number | null | undefined;
  readonly endpoint: string | null;
  readonly reason: string | null;
}

export interface Promoted {
  readonly version: number;
  readonly previous: number | null;
  readonly endpoint: EndpointRow | null;
}

/** What becomes of the variants when all of the traffic goes to a version. */
export type ShareAll = (endpoint: EndpointRow, version: number) => EndpointVariant[];

/** @throws TradewindError TW_TRACKING_NOT_FOUND; TW_PROMOTION_CHANGED when another promotion came first. */
export function promoteVersion(
  database: Database,
  promotion: Promotion,
  shareAll: ShareAll,
  by: By,
): Promise<Promoted> {
  const { name, alias, version, expected } = promotion;
  return database.transaction(async (tx) => {
    await lockModel(tx, name, by.now);
    const present = await versionAt(tx, name, alias);
    if (expected !== undefined && present !== expected)
      throw new TradewindError(
        "TW_PROMOTION_CHANGED",
        `${name}@${alias}: expected version ${expected ?? "none"}, which version ${version} was compared with, got ${present ?? "none"}: another promotion came first`,
      );
    return put(tx, promotion, { kind: "promoted", present }, shareAll, by);
  });
}

const rolledBackTag = "tradewind.rolled_back";

/**
 * The alias goes back to the newest version that stood there before and was not itself taken back.
 * @throws TradewindError TW_PROMOTION_NONE when there is none.
 */
export function rollBackVersion(
  database: Database,
  rollback: Omit<Promotion, "version" | "expected">,
  shareAll: ShareAll,
  by: By,
): Promise<Promoted> {
  const { name, alias } = rollback;
  return database.transaction(async (tx) => {
    await lockModel(tx, name, by.now);
    const present = await versionAt(tx, name, alias);
    const before = await tx.row<{ version: number }>(sql`
      SELECT e.version FROM model_version_event e
      JOIN model_version v ON v.name = e.name AND v.version = e.version
      WHERE e.name = ${name} AND e.alias = ${alias} AND e.kind = 'alias_set'
        AND e.version IS DISTINCT FROM ${present}::integer
        AND NOT EXISTS (SELECT FROM model_version_tag t
          WHERE t.name = e.name AND t.version = e.version AND t.key = ${rolledBackTag})
      ORDER BY e.id DESC LIMIT 1`);
    if (before === null)
      throw new TradewindError(
        "TW_PROMOTION_NONE",
        `${name}@${alias}: expected a version that stood there before, got none to go back to`,
      );
    if (present !== null)
      await setVersionTag(tx, name, present, { key: rolledBackTag, value: rollback.reason ?? "true" });
    return put(tx, { ...rollback, version: before.version }, { kind: "rolled_back", present }, shareAll, by);
  });
}

async function versionAt(tx: Executor, name: string, alias: string): Promise<number | null> {
  const row = await tx.row<{ version: number }>(
    sql`SELECT version FROM registered_model_alias WHERE name = ${name} AND alias = ${alias}`,
  );
  return row?.version ?? null;
}

async function put(
  tx: Executor,
  { name, alias, version, endpoint, reason }: Omit<Promotion, "expected">,
  { kind, present }: { kind: "promoted" | "rolled_back"; present: number | null },
  shareAll: ShareAll,
  by: By,
): Promise<Promoted> {
  await moveAlias(tx, { name, alias, version, actor: by.actor }, by.now);
  if (endpoint === null) return { version, previous: present, endpoint: null };
  const before = await findEndpoint(tx, endpoint);
  const variants = shareAll(before, version);
  const change = { kind, variants, reason, generation: before.generation } as const;
  return { version, previous: present, endpoint: await moveTraffic(tx, endpoint, change, by) };
}

/**
 * When a Dag that waits for assets runs: its expression over assets and aliases, evaluated against the assets
 * of which events are queued for it (`asset_dag_run_queue`). A run takes all queued events: they coalesce.
 */
import type { AssetExpression } from "./dag-model.ts";

export interface AssetKey {
  readonly name: string;
  readonly uri: string;
}

/** One waiting entry of the queue: the asset, and when the first unconsumed event came. */
export interface QueuedAsset extends AssetKey {
  readonly queuedAt: number;
}

export interface AliasResolution {
  /** Assets that events have been emitted to through the alias so far; none yet means "not satisfied". */
  (aliasName: string): readonly AssetKey[];
}

/** Whether the queued assets make the expression true. An alias is "any of the assets it stands for". */
export function assetsSatisfied(
  expression: AssetExpression,
  queued: readonly AssetKey[],
  aliases: AliasResolution = () => [],
): boolean {
  if ("asset" in expression) {
    const { name, uri } = expression.asset;
    return queued.some((one) => one.name === name && one.uri === uri);
  }
  if ("ref" in expression) return queued.some((one) => refersTo(expression.ref, one));
  if ("alias" in expression) {
    const known = aliases(expression.alias.name);
    return known.some((asset) => queued.some((one) => one.name === asset.name && one.uri === asset.uri));
  }
  if ("all" in expression) return expression.all.every((part) => assetsSatisfied(part, queued, aliases));
  return expression.any.some((part) => assetsSatisfied(part, queued, aliases));
}

function refersTo(ref: { name?: string; uri?: string }, asset: AssetKey): boolean {
  return (
    (ref.name === undefined || ref.name === asset.name) && (ref.uri === undefined || ref.uri === asset.uri)
  );
}

export interface AssetRunDecision {
  /** When the run may start: the newest of the queue entries it consumes. */
  readonly runAfter: number;
  /** Events after this instant (that of the previous asset-triggered run; exclusive) belong to the run. */
  readonly eventsAfter: number | null;
  /** … up to this instant, inclusive. */
  readonly eventsUpTo: number;
  /** Queue entries that the run takes. */
  readonly consumed: readonly QueuedAsset[];
}

/**
 * Whether a run is due. `previousRunAfter` is that of the newest asset-triggered run of the Dag, or null.
 * Entries that are newer than `now` (a clock of another machine) wait.
 */
export function assetRunDue(
  expression: AssetExpression,
  queued: readonly QueuedAsset[],
  previousRunAfter: number | null,
  aliases: AliasResolution = () => [],
): AssetRunDecision | null {
  if (queued.length === 0 || !assetsSatisfied(expression, queued, aliases)) return null;
  const newest = queued.reduce((latest, one) => Math.max(latest, one.queuedAt), Number.NEGATIVE_INFINITY);
  return { runAfter: newest, eventsAfter: previousRunAfter, eventsUpTo: newest, consumed: queued };
}

export interface AssetsOfExpression {
  readonly assets: readonly AssetKey[];
  readonly aliases: readonly string[];
  readonly refs: readonly { name?: string; uri?: string }[];
}

/** Everything that the expression names, each once, in order. */
export function assetsOf(expression: AssetExpression): AssetsOfExpression {
  const found = {
    assets: new Map<string, AssetKey>(),
    aliases: new Set<string>(),
    refs: new Map<string, { name?: string; uri?: string }>(),
  };
  const visit = (part: AssetExpression): void => {
    if ("asset" in part) found.assets.set(JSON.stringify([part.asset.name, part.asset.uri]), part.asset);
    else if ("alias" in part) found.aliases.add(part.alias.name);
    else if ("ref" in part) found.refs.set(JSON.stringify([part.ref.name, part.ref.uri]), part.ref);
    else ("all" in part ? part.all : part.any).forEach(visit);
  };
  visit(expression);
  return { assets: [...found.assets.values()], aliases: [...found.aliases], refs: [...found.refs.values()] };
}

/** Assets: data that tasks update and that starts the Dags that wait for it (Airflow 3's names). */
import type { AssetExpression, AssetSpec, Json, TriggerSpec } from "../core/dag-model.ts";
import { TradewindError } from "../errors.ts";
import { callSite } from "./call-site.ts";
import { isPlainObject, show } from "./options.ts";
import type { TriggerLike } from "./outcomes.ts";

const expressionKey = Symbol.for("tradewind.asset-expression");

/** An expression over assets: an asset, an alias, a reference, or an `AssetAll`/`AssetAny` of them. */
export abstract class AssetLike {
  abstract readonly [expressionKey]: AssetExpression;

  /** Both. */
  and(...others: readonly AssetLike[]): AssetAll {
    return new AssetAll(this, ...others);
  }

  /** Either. */
  or(...others: readonly AssetLike[]): AssetAny {
    return new AssetAny(this, ...others);
  }
}

export interface AssetOptions {
  /** Default: the uri. */
  readonly name?: string;
  /** Default: the name. */
  readonly uri?: string;
  /** Default "asset". */
  readonly group?: string;
  readonly extra?: { readonly [key: string]: Json };
  /** Triggers that run for as long as the asset is known, each of whose events updates it. */
  readonly watchers?: readonly AssetWatcher[];
}

/**
 * A data asset, known by its name and uri.
 *
 * @example
 * const orders = new Asset({ name: "orders", uri: "s3://warehouse/orders" });
 * export const report = new Dag("report", { schedule: orders.or(refunds) });
 */
export class Asset extends AssetLike {
  readonly name: string;
  readonly uri: string;
  readonly group: string;
  readonly extra: { readonly [key: string]: Json };
  readonly watchers: readonly AssetWatcher[];

  constructor(options: AssetOptions | string) {
    super();
    const given: AssetOptions = typeof options === "string" ? { uri: options } : options;
    if (!isPlainObject(options) && typeof options !== "string")
      throw invalid(`an asset needs a name or a uri, not ${show(options)}`);
    if (given.name === undefined && given.uri === undefined) throw invalid("an asset needs a name or a uri");
    this.name = identifier("name", given.name ?? given.uri, 1500);
    this.uri = identifier("uri", given.uri ?? given.name, 1500);
    if (this.uri.startsWith("airflow:"))
      throw invalid(`the scheme "airflow" of asset "${this.uri}" is reserved`);
    this.group = given.group ?? "asset";
    this.extra = given.extra ?? {};
    this.watchers = given.watchers ?? [];
  }

  get [expressionKey](): AssetExpression {
    return { asset: { name: this.name, uri: this.uri } };
  }

  /** An asset that is defined elsewhere, by its name or its uri alone. */
  static ref(by: { readonly name: string } | { readonly uri: string }): AssetRef {
    return new AssetRef(by);
  }
}

/** Made by `Asset.ref()`. */
export class AssetRef extends AssetLike {
  readonly by: { readonly name?: string; readonly uri?: string };

  constructor(by: { readonly name?: string; readonly uri?: string }) {
    super();
    const { name, uri } = by;
    if ((name === undefined) === (uri === undefined))
      throw invalid("Asset.ref() takes either a name or a uri");
    this.by =
      name === undefined ? { uri: identifier("uri", uri, 1500) } : { name: identifier("name", name, 1500) };
  }

  get [expressionKey](): AssetExpression {
    return { ref: { ...this.by } };
  }
}

/** A name under which a task tells at run time which assets it updated. */
export class AssetAlias extends AssetLike {
  readonly aliasName: string;
  readonly group: string;

  constructor(options: string | { readonly name: string; readonly group?: string }) {
    super();
    const given = typeof options === "string" ? { name: options } : options;
    this.aliasName = identifier("name", given.name, 1500);
    this.group = given.group ?? "asset";
  }

  get [expressionKey](): AssetExpression {
    return { alias: { name: this.aliasName, group: this.group } };
  }
}

/** True when every member was updated since the last run. */
export class AssetAll extends AssetLike {
  readonly members: readonly AssetLike[];
  constructor(...members: readonly AssetLike[]) {
    super();
    this.members = checkMembers("AssetAll", members);
  }

  get [expressionKey](): AssetExpression {
    return { all: this.members.map(assetExpression) };
  }
}

/** True when one member was updated since the last run. */
export class AssetAny extends AssetLike {
  readonly members: readonly AssetLike[];
  constructor(...members: readonly AssetLike[]) {
    super();
    this.members = checkMembers("AssetAny", members);
  }

  get [expressionKey](): AssetExpression {
    return { any: this.members.map(assetExpression) };
  }
}

/** Updates its asset whenever the trigger fires. */
export class AssetWatcher {
  readonly name: string;
  readonly trigger: TriggerSpec;
  constructor(options: { readonly name: string; readonly trigger: TriggerLike }) {
    this.name = identifier("name", options.name, 250);
    this.trigger = "toSpec" in options.trigger ? options.trigger.toSpec() : options.trigger;
  }
}

/** Whether the value may stand in a schedule, in inlets and in outlets. */
export function isAssetLike(value: unknown): value is AssetLike {
  return typeof value === "object" && value !== null && expressionKey in value;
}

export function assetExpression(asset: AssetLike): AssetExpression {
  return asset[expressionKey];
}

/** The assets that an expression defines, for the Dag's list of them. */
export function assetsIn(asset: AssetLike): Asset[] {
  if (asset instanceof Asset) return [asset];
  return asset instanceof AssetAll || asset instanceof AssetAny ? asset.members.flatMap(assetsIn) : [];
}

export function assetSpec(asset: Asset): AssetSpec {
  const spec: AssetSpec = { name: asset.name, uri: asset.uri, group: asset.group, extra: { ...asset.extra } };
  if (asset.watchers.length > 0)
    spec.watchers = asset.watchers.map(({ name, trigger }) => ({ name, trigger }));
  return spec;
}

function checkMembers(what: string, members: readonly AssetLike[]): readonly AssetLike[] {
  const wrong = members.find((member) => !isAssetLike(member));
  if (wrong !== undefined) throw invalid(`${what} takes assets, not ${show(wrong)}`);
  if (members.length === 0) throw invalid(`${what} needs at least one asset`);
  return members;
}

function identifier(field: string, value: unknown, longest: number): string {
  if (typeof value === "string" && value.trim() !== "" && value.length <= longest) return value;
  throw invalid(
    `the ${field} of an asset must be a string of 1 to ${longest} characters, not ${show(value)}`,
  );
}

function invalid(message: string): TradewindError {
  return new TradewindError("TW_ASSET_INVALID", message, { at: callSite() });
}

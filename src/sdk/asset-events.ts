/** Events of assets as a handler sees them: those that started its run, those of its inlets, and its own. */
import type { Json } from "../core/dag-model.ts";
import type { AssetEventInfo } from "./context.ts";

/** Anything with an identity of an asset: an `Asset`, or its name and uri. */
export interface AssetIdentity {
  readonly name: string;
  readonly uri: string;
}

/** An `AssetAlias`. */
export interface AliasIdentity {
  readonly aliasName: string;
}

/** Asset events that a success brings; the protocol's `OutletEvent`. */
export interface OutletEventRecord {
  asset?: { name: string; uri: string };
  alias?: string;
  extra: { [key: string]: Json };
}

/** One outlet: set `extra`, or for an alias `add` the asset that was really written. */
export interface OutletEventAccessor {
  /** Kept with the event. */
  extra: { [key: string]: Json };
  /** For an alias: an event of `asset`, made known through the alias. */
  add(asset: AssetIdentity, extra?: { [key: string]: Json }): void;
}

/**
 * What the attempt tells about its outlets.
 *
 * @example
 * getContext().outletEvents.of(orders).extra = { rows: 120 };
 */
export interface OutletEvents {
  of(outlet: AssetIdentity | AliasIdentity): OutletEventAccessor;
  /** The records of everything that was set or added, for the runtime. */
  records(): OutletEventRecord[];
}

/** Events of the task's inlets, newest last. */
export interface InletEvents {
  of(inlet: AssetIdentity | AliasIdentity): Promise<AssetEventInfo[]>;
}

/** The asset events that started this run, by asset uri; empty in a run that no asset started. */
export interface TriggeringAssetEvents {
  of(asset: AssetIdentity): readonly AssetEventInfo[];
  all(): readonly AssetEventInfo[];
}

function isAlias(outlet: AssetIdentity | AliasIdentity): outlet is AliasIdentity {
  return "aliasName" in outlet;
}

/** Collects outlet events in memory until the attempt ends. */
export function createOutletEvents(): OutletEvents {
  const extras = new Map<string, { asset: AssetIdentity; accessor: OutletEventAccessor }>();
  const added: OutletEventRecord[] = [];
  return {
    of(outlet) {
      const alias = isAlias(outlet) ? outlet.aliasName : undefined;
      const key = isAlias(outlet) ? `alias ${outlet.aliasName}` : `asset ${outlet.uri}`;
      const known = extras.get(key);
      if (known !== undefined) return known.accessor;
      const accessor: OutletEventAccessor = {
        extra: {},
        add(asset, extra = {}) {
          const record: OutletEventRecord = { asset: { name: asset.name, uri: asset.uri }, extra };
          added.push(alias === undefined ? record : { ...record, alias });
        },
      };
      if (!isAlias(outlet)) extras.set(key, { asset: outlet, accessor });
      else extras.set(key, { asset: { name: "", uri: "" }, accessor });
      return accessor;
    },
    records() {
      const own = [...extras.values()].filter(({ asset }) => asset.uri !== "");
      return [
        ...own.map(({ asset, accessor }) => ({
          asset: { name: asset.name, uri: asset.uri },
          extra: accessor.extra,
        })),
        ...added,
      ];
    },
  };
}

/** SearchModelVersions. */
import type { ModelVersion, Slice } from "../../core/tracking/entities.ts";
import type { Executor } from "../connect.ts";
import { sql } from "../sql.ts";
import { hexId } from "./ids.ts";
import { versionColumns } from "./model-versions.ts";
import { type RegistrySearch, tagJoin } from "./registered-models.ts";
import { bytewise, compileSearch, epochMs, type SearchTarget } from "./search-sql.ts";

const target: SearchTarget = {
  attributes: {
    name: bytewise(sql`v.name`),
    run_id: bytewise(hexId(sql`v.run_id`)),
    source_path: bytewise(sql`v.source`),
    version_number: sql`v.version::double precision`,
    creation_timestamp: epochMs(sql`v.creation_time`),
    last_updated_timestamp: epochMs(sql`v.last_update_time`),
  },
  keyed: {
    tag: tagJoin(
      sql`model_version_tag`,
      (alias) => sql`${alias}.name = v.name AND ${alias}.version = v.version`,
    ),
  },
};

export async function searchModelVersions(
  executor: Executor,
  search: RegistrySearch,
): Promise<Slice<ModelVersion>> {
  const { joins, where, orderBy } = compileSearch(target, search.filter, search.order);
  const rows = await executor.rows<ModelVersion>(sql`
    SELECT ${versionColumns} FROM model_version v ${joins} WHERE ${where}
    ORDER BY ${orderBy} v.last_update_time DESC, ${bytewise(sql`v.name`)}, v.version DESC
    LIMIT ${search.limit + 1} OFFSET ${search.offset}`);
  return { rows: rows.slice(0, search.limit), hasMore: rows.length > search.limit };
}

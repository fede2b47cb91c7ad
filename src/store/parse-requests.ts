/** Dag files that somebody wants imported once more, whether they changed or not. */
import type { Executor } from "./connect.ts";
import { notify } from "./notify.ts";
import { instant, sql } from "./sql.ts";

export interface ParseRequest {
  readonly bundleName: string;
  readonly relativeFile: string;
}

/** Word on the channel by which whoever imports files is told. */
export const parseWord = "parse";

/** Asking twice is asking once. Row and notification belong into one transaction. */
export async function addParseRequest(tx: Executor, file: ParseRequest, now: number): Promise<void> {
  await tx.run(sql`
    INSERT INTO dag_parse_request (bundle_name, relative_file, requested_at)
    VALUES (${file.bundleName}, ${file.relativeFile}, ${instant(now)}) ON CONFLICT DO NOTHING`);
  await notify(tx, [parseWord]);
}

/** Takes them all. */
export function takeParseRequests(executor: Executor): Promise<ParseRequest[]> {
  return executor.rows(sql`
    DELETE FROM dag_parse_request RETURNING bundle_name AS "bundleName", relative_file AS "relativeFile"`);
}

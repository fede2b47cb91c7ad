/** Files whose import failed: one row per file, replaced at each try, gone with the first that works. */
import type { Executor } from "./connect.ts";
import { instant, sql } from "./sql.ts";

export interface ImportError {
  readonly id: number;
  readonly bundleName: string;
  readonly relativeFile: string;
  readonly occurredAt: number;
  readonly code: string;
  readonly message: string;
  readonly stacktrace: string;
  /** 1-based. */
  readonly line: number | null;
  readonly column: number | null;
}

export async function putImportError(executor: Executor, error: Omit<ImportError, "id">): Promise<void> {
  await executor.run(sql`
    INSERT INTO import_error (bundle_name, relative_file, occurred_at, code, message, stacktrace, line, "column")
    VALUES (${error.bundleName}, ${error.relativeFile}, ${instant(error.occurredAt)}, ${error.code}, ${error.message},
      ${error.stacktrace}, ${error.line}, ${error.column})
    ON CONFLICT (bundle_name, relative_file) DO UPDATE SET occurred_at = excluded.occurred_at, code = excluded.code,
      message = excluded.message, stacktrace = excluded.stacktrace, line = excluded.line, "column" = excluded."column"`);
}

/** True when there was one. */
export async function clearImportError(
  executor: Executor,
  file: { bundleName: string; relativeFile: string },
): Promise<boolean> {
  const count = await executor.run(sql`
    DELETE FROM import_error WHERE bundle_name = ${file.bundleName} AND relative_file = ${file.relativeFile}`);
  return count > 0;
}

/** Takes away the errors of files that are not there any more. */
export async function clearOtherImportErrors(
  executor: Executor,
  bundleName: string,
  files: readonly string[],
): Promise<number> {
  return executor.run(sql`
    DELETE FROM import_error WHERE bundle_name = ${bundleName} AND relative_file <> ALL (${files}::text[])`);
}

export function listImportErrors(executor: Executor): Promise<ImportError[]> {
  return executor.rows(sql`
    SELECT id, bundle_name AS "bundleName", relative_file AS "relativeFile", occurred_at AS "occurredAt", code, message,
      stacktrace, line, "column"
    FROM import_error ORDER BY bundle_name, relative_file`);
}

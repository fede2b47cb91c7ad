/** Tests of connections that somebody asked for and did not wait for. */
import type { Executor } from "./connect.ts";
import { instant, sql } from "./sql.ts";

export interface ConnectionTest {
  readonly token: string;
  readonly connId: string;
  readonly state: "queued" | "running" | "success" | "failed";
  readonly resultMessage: string | null;
  readonly createdAt: number;
}

/** Forgets those of more than a day ago. */
export async function addConnectionTest(
  executor: Executor,
  test: { token: string; connId: string },
  now: number,
): Promise<void> {
  await executor.run(sql`DELETE FROM connection_test WHERE created_at < ${instant(now - 86_400_000)}`);
  await executor.run(sql`
    INSERT INTO connection_test (token, conn_id, state, created_at)
    VALUES (${test.token}, ${test.connId}, 'queued', ${instant(now)})`);
}

export async function endConnectionTest(
  executor: Executor,
  token: string,
  outcome: { state: "success" | "failed"; message: string },
): Promise<void> {
  await executor.run(sql`
    UPDATE connection_test SET state = ${outcome.state}, result_message = ${outcome.message} WHERE token = ${token}`);
}

export function findConnectionTest(executor: Executor, token: string): Promise<ConnectionTest | null> {
  return executor.row(sql`
    SELECT token, conn_id AS "connId", state, result_message AS "resultMessage", created_at AS "createdAt"
    FROM connection_test WHERE token = ${token}`);
}

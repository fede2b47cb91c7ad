/** Roles of one's own, and the rights that Dags give to roles. Airflow's five stand in the code. */
import { TradewindError } from "../errors.ts";
import type { Executor } from "./connect.ts";
import { violatedConstraint } from "./database-errors.ts";
import { sql } from "./sql.ts";

export interface RoleRow {
  readonly name: string;
  /** "read DAGs", "edit DAG:my_dag". */
  readonly permissions: string[];
}

export function listRoles(executor: Executor): Promise<RoleRow[]> {
  return executor.rows(sql`SELECT name, permissions FROM app_role ORDER BY name`);
}

/** @throws TradewindError TW_ROLE_EXISTS. */
export async function createRole(executor: Executor, role: RoleRow): Promise<void> {
  try {
    await executor.run(
      sql`INSERT INTO app_role (name, permissions) VALUES (${role.name}, ${role.permissions})`,
    );
  } catch (error) {
    if (violatedConstraint(error) !== "app_role_pkey") throw error;
    throw new TradewindError(
      "TW_ROLE_EXISTS",
      `expected a new role, got ${JSON.stringify(role.name)}, which exists`,
      { cause: error },
    );
  }
}

/** False when there is none. A renamed role stays with its users. */
export async function updateRole(executor: Executor, name: string, role: RoleRow): Promise<boolean> {
  const count = await executor.run(sql`
    WITH renamed AS (
      UPDATE app_user SET roles = array_replace(roles, ${name}, ${role.name}) WHERE ${name} = ANY (roles)
    )
    UPDATE app_role SET name = ${role.name}, permissions = ${role.permissions} WHERE name = ${name}`);
  return count === 1;
}

/** False when there is none. Its users lose it. */
export async function deleteRole(executor: Executor, name: string): Promise<boolean> {
  const count = await executor.run(sql`
    WITH taken AS (UPDATE app_user SET roles = array_remove(roles, ${name}) WHERE ${name} = ANY (roles))
    DELETE FROM app_role WHERE name = ${name}`);
  return count === 1;
}

/** What the newest versions of Dags give: role → Airflow's names of rights (index dag_version_access). */
export function listDagAccess(
  executor: Executor,
): Promise<{ dagId: string; accessControl: Record<string, string[]> }[]> {
  return executor.rows(sql`
    SELECT d.dag_id AS "dagId", v.spec -> 'accessControl' AS "accessControl"
    FROM dag_version v JOIN dag d ON d.current_version_id = v.id
    WHERE v.spec ? 'accessControl'`);
}

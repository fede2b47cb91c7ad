/**
 * What somebody with certain roles may do, everywhere and on single Dags. Rights on single Dags come from the
 * `access_control` of Dag files and from roles of one's own (`DAG:my_dag`).
 */
import type { Database } from "../../store/connect.ts";
import { listDagAccess, listRoles } from "../../store/roles.ts";
import type { Clock } from "../../time.ts";
import { type Action, actions, builtInGrants, dagResources, type Resource } from "./roles.ts";

type Grants = ReadonlySet<string>;

export class Permissions {
  readonly #everywhere: Grants | "all";
  readonly #onDags: ReadonlyMap<string, Grants>;
  readonly #scopes: readonly string[] | null;

  /** @param scopes Of a token: "read", "edit:DAGs", "*"; null: no narrower than the roles. */
  constructor(
    everywhere: Grants | "all",
    onDags: ReadonlyMap<string, Grants>,
    scopes: readonly string[] | null = null,
  ) {
    this.#everywhere = everywhere;
    this.#onDags = onDags;
    this.#scopes = scopes;
  }

  /** @param dagId Absent: on every Dag. */
  may(action: Action, resource: Resource, dagId?: string): boolean {
    if (!this.#inScope(action, resource)) return false;
    const grant = `${action} ${resource}`;
    if (this.#everywhere === "all" || this.#everywhere.has(grant)) return true;
    return dagId !== undefined && this.#onDags.get(dagId)?.has(grant) === true;
  }

  /** Null: all Dags. */
  dagIds(action: Action, resource: Resource): readonly string[] | null {
    if (this.may(action, resource)) return null;
    return [...this.#onDags.keys()].filter((dagId) => this.may(action, resource, dagId));
  }

  /** Narrowed to the scopes of a token. */
  within(scopes: readonly string[] | null): Permissions {
    return scopes === null ? this : new Permissions(this.#everywhere, this.#onDags, scopes);
  }

  #inScope(action: Action, resource: Resource): boolean {
    return this.#scopes === null || this.#scopes.some((scope) => covers(scope, action, resource));
  }
}

function covers(scope: string, action: Action, resource: Resource): boolean {
  const [what, of] = scope.split(":");
  return (what === "*" || what === action) && (of === undefined || of === resource);
}

export const noPermissions = new Permissions(new Set(), new Map());
const allPermissions = new Permissions("all", new Map());

/** What a Dag's `access_control` gives with each of Airflow's words. */
const dagRights: Readonly<Record<string, readonly (readonly [Action, Resource])[]>> = {
  can_read: [...dagResources].map((resource) => ["read", resource] as const),
  can_edit: [
    ["edit", "DAGs"],
    ["edit", "HITL Detail"],
    ...(["Backfills", "DAG Runs", "Task Instances", "XComs"] as const).flatMap((resource) =>
      (["create", "edit", "delete"] as const).map((action) => [action, resource] as const),
    ),
  ],
  can_create: [["create", "DAG Runs"]],
  can_delete: [["delete", "DAGs"]],
};

const staleMs = 5000;

interface Book {
  readonly readAt: number;
  readonly roles: ReadonlyMap<string, readonly string[]>;
  readonly dags: readonly { dagId: string; accessControl: Record<string, string[]> }[];
  readonly known: Map<string, Permissions>;
}

/** Roles and rights as the database has them; a change is seen within five seconds. */
export class RoleBook {
  readonly #database: Database;
  readonly #clock: Clock;
  #book: Promise<Book> | null = null;
  #readAt = 0;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  async permissionsOf(roles: readonly string[]): Promise<Permissions> {
    if (roles.includes("Admin")) return allPermissions;
    const book = await this.#current();
    const key = JSON.stringify(roles);
    let found = book.known.get(key);
    if (found === undefined) book.known.set(key, (found = gather(book, roles)));
    return found;
  }

  /** After a change in this process. */
  forget(): void {
    this.#book = null;
  }

  #current(): Promise<Book> {
    const now = this.#clock.now();
    if (this.#book === null || now - this.#readAt > staleMs) {
      this.#readAt = now;
      const book = this.#read(now);
      // A failure is told to who asks now, and tried again by the next.
      book.catch(() => this.forget());
      this.#book = book;
    }
    return this.#book;
  }

  async #read(readAt: number): Promise<Book> {
    const [roles, dags] = await Promise.all([listRoles(this.#database), listDagAccess(this.#database)]);
    return {
      readAt,
      roles: new Map(roles.map(({ name, permissions }) => [name, permissions])),
      dags,
      known: new Map(),
    };
  }
}

function gather(book: Book, roles: readonly string[]): Permissions {
  const everywhere = new Set<string>();
  const onDags = new Map<string, Set<string>>();
  const give = (dagId: string, action: Action, resource: Resource): void => {
    if (!onDags.has(dagId)) onDags.set(dagId, new Set());
    onDags.get(dagId)?.add(`${action} ${resource}`);
  };
  for (const role of roles) {
    for (const grant of builtInGrants(role)) everywhere.add(grant);
    for (const permission of book.roles.get(role) ?? []) {
      const onDag = dagPermission(permission);
      if (onDag === null) everywhere.add(permission);
      else for (const [action, resource] of onDag.rights) give(onDag.dagId, action, resource);
    }
  }
  for (const { dagId, accessControl } of book.dags)
    for (const role of roles)
      for (const right of accessControl[role] ?? [])
        for (const [action, resource] of dagRights[right] ?? []) give(dagId, action, resource);
  return new Permissions(everywhere, onDags);
}

/** "edit DAG:my_dag" is what `access_control` would say; "create DAG Run:my_dag" is only that. */
function dagPermission(permission: string) {
  const match = /^(\w+) (DAG|DAG Run):(.+)$/s.exec(permission);
  if (match === null) return null;
  const [, action, kind, dagId = ""] = match;
  const known = actions.find((one) => one === action);
  if (known === undefined) return null;
  const rights = kind === "DAG" ? dagRights[`can_${known}`] : [[known, "DAG Runs"] as const];
  return { dagId, rights: rights ?? [] };
}

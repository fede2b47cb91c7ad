/**
 * What each role may do: Airflow's resources, actions and default roles (its FAB auth manager, whose names
 * `access_control` of Dag files uses). Each role has what the one before it has: Public, Viewer, User, Op, Admin.
 */

export const actions = ["read", "create", "edit", "delete"] as const;
export type Action = (typeof actions)[number];

export const resources = [
  "Assets",
  "Audit Logs",
  "Backfills",
  "Cluster Activity",
  "Configurations",
  "Connections",
  "DAG Code",
  "DAG Dependencies",
  "DAG Runs",
  "DAG Versions",
  "DAG Warnings",
  "DAGs",
  "Experiments",
  "HITL Detail",
  "ImportError",
  "Jobs",
  "Plugins",
  "Pools",
  "Providers",
  "Registered Models",
  "Roles",
  "Task Instances",
  "Task Logs",
  "Triggers",
  "Users",
  "Variables",
  "Website",
  "XComs",
] as const;
export type Resource = (typeof resources)[number];

/** Resources that belong to a Dag: a Dag's own `access_control` may give them as well. */
export const dagResources: ReadonlySet<Resource> = new Set<Resource>([
  "Backfills",
  "DAG Code",
  "DAG Dependencies",
  "DAG Runs",
  "DAG Versions",
  "DAG Warnings",
  "DAGs",
  "HITL Detail",
  "Task Instances",
  "Task Logs",
  "XComs",
]);

export const roleNames = ["Public", "Viewer", "User", "Op", "Admin"] as const;
export type RoleName = (typeof roleNames)[number];

type Grants = Partial<Record<Resource, readonly Action[]>>;

const viewer: Grants = {
  Assets: ["read"],
  Backfills: ["read"],
  "Cluster Activity": ["read"],
  "DAG Code": ["read"],
  "DAG Dependencies": ["read"],
  "DAG Runs": ["read"],
  "DAG Versions": ["read"],
  "DAG Warnings": ["read"],
  DAGs: ["read"],
  Experiments: ["read"],
  "HITL Detail": ["read"],
  ImportError: ["read"],
  Jobs: ["read"],
  Pools: ["read"],
  "Registered Models": ["read"],
  "Task Instances": ["read"],
  "Task Logs": ["read"],
  Website: ["read"],
  XComs: ["read"],
};

const user: Grants = {
  Assets: ["create"],
  "DAG Runs": ["create", "edit", "delete"],
  DAGs: ["edit", "delete"],
  Experiments: ["create", "edit", "delete"],
  "HITL Detail": ["edit"],
  "Registered Models": ["create", "edit", "delete"],
  "Task Instances": ["create", "edit", "delete"],
};

const op: Grants = {
  Assets: ["delete"],
  Backfills: ["create", "edit", "delete"],
  Configurations: ["read"],
  Connections: ["create", "read", "edit", "delete"],
  Pools: ["create", "edit", "delete"],
  Plugins: ["read"],
  Providers: ["read"],
  Variables: ["create", "read", "edit", "delete"],
  XComs: ["create", "edit", "delete"],
};

const own: Readonly<Record<Exclude<RoleName, "Admin">, Grants>> = {
  Public: {},
  Viewer: viewer,
  User: user,
  Op: op,
};

const granted = new Map<string, ReadonlySet<string>>();
{
  const soFar = new Set<string>();
  for (const role of roleNames) {
    if (role === "Admin") break;
    for (const [resource, may] of Object.entries(own[role]))
      for (const action of may) soFar.add(`${action} ${resource}`);
    granted.set(role, new Set(soFar));
  }
}

/** What a role of Airflow has everywhere; nothing for a role of one's own. Admin has everything and is not here. */
export function builtInGrants(role: string): ReadonlySet<string> {
  return granted.get(role) ?? new Set();
}

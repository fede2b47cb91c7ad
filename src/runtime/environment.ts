/** The environment that task processes are given: the worker's own, without what only services may know. */

/** Ways to the database and keys: user code asks through the protocol instead. */
const withheld: readonly string[] = [
  "AIRFLOW__CORE__FERNET_KEY",
  "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
  "DATABASE_URL",
  "TRADEWIND__CORE__FERNET_KEY",
  "TRADEWIND__DATABASE__URL",
];

export function inheritedEnvironment(): Record<string, string | undefined> {
  const environment = { ...process.env };
  for (const name of withheld) delete environment[name];
  return environment;
}

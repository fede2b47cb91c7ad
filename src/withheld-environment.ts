/** Ways to the database and keys, which no process that runs user code may inherit: it asks through a protocol. */
const withheld: readonly string[] = [
  "AIRFLOW__CORE__FERNET_KEY",
  "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
  "DATABASE_URL",
  "TRADEWIND__CORE__FERNET_KEY",
  "TRADEWIND__DATABASE__URL",
];

/** An environment for user code: as given, without what only services may know. */
export function withoutSecrets(environment: Readonly<Record<string, string | undefined>>): {
  [name: string]: string | undefined;
} {
  const kept = { ...environment };
  for (const name of withheld) delete kept[name];
  return kept;
}

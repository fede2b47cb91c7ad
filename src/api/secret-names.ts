/** Names whose values no answer shows: Airflow's list, and those of `core.sensitive_names`. */
import type { Config } from "../config.ts";
import { isSensitiveName } from "../logs/secret-masker.ts";

/** In lower case, beside Airflow's. */
export function moreSecretNames({ core }: Config): string[] {
  const names = core.sensitiveNames.toLowerCase().split(",");
  return names.map((name) => name.trim()).filter((name) => name !== "");
}

export function isSecretName(config: Config, name: string): boolean {
  return isSensitiveName(name, moreSecretNames(config));
}

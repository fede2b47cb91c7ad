/**
 * Hides secrets in what is logged, as Airflow does: by value, wherever one that was registered turns up, and by
 * name, where a field is called "password" or the like. Values under 5 characters are not hidden, since they
 * would blot out ordinary text.
 */
import type { Json } from "../core/dag-model.ts";

export const maskedValue = "***";
const shortestSecret = 5;

/** A field whose lower-case name contains one of these holds a secret (Airflow's list). */
export const sensitiveNames: readonly string[] = [
  "access_key",
  "access_token",
  "api_key",
  "apikey",
  "authorization",
  "connection_string",
  "keyfile_dict",
  "passphrase",
  "passwd",
  "password",
  "private_key",
  "proxies",
  "proxy",
  "secret",
  "service_account",
  "token",
];

export function isSensitiveName(name: string, more: readonly string[] = []): boolean {
  const lower = name.toLowerCase();
  return sensitiveNames.some((part) => lower.includes(part)) || more.some((part) => lower.includes(part));
}

export class SecretMasker {
  readonly #moreNames: readonly string[];
  readonly #values = new Set<string>();
  #pattern: RegExp | null = null;

  /** `moreNames` are lower-case parts of names, beside Airflow's. */
  constructor(moreNames: readonly string[] = []) {
    this.#moreNames = moreNames;
  }

  /** Hides these from now on, also where they stand encoded in JSON or in a URL, or line by line. */
  add(values: Iterable<string>): void {
    const before = this.#values.size;
    for (const value of values) for (const form of formsOf(value)) this.#values.add(form);
    if (this.#values.size !== before) this.#pattern = null;
  }

  /** Registers every text that stands under a sensitive name; JSON inside of texts (a connection's extra) too. */
  addFrom(value: Json): void {
    this.add(secretsIn(value, (name) => isSensitiveName(name, this.#moreNames), false));
  }

  mask(text: string): string {
    if (this.#values.size === 0) return text;
    this.#pattern ??= patternOf(this.#values);
    return text.replace(this.#pattern, maskedValue);
  }

  /** A copy of `fields` without secrets, by name and by value. */
  maskFields(fields: { [key: string]: Json }): { [key: string]: Json } {
    const masked: { [key: string]: Json } = {};
    for (const [name, value] of Object.entries(fields)) {
      const hide = value !== null && value !== "" && isSensitiveName(name, this.#moreNames);
      masked[name] = hide ? maskedValue : this.#maskJson(value);
    }
    return masked;
  }

  #maskJson(value: Json): Json {
    if (typeof value === "string") return this.mask(value);
    if (Array.isArray(value)) return value.map((item) => this.#maskJson(item));
    if (typeof value === "object" && value !== null) return this.maskFields(value);
    return value;
  }
}

function formsOf(value: string): Set<string> {
  const forms = new Set<string>();
  if (value.trim().length < shortestSecret) return forms;
  for (const text of [value, value.trim(), ...value.split(/\r?\n/)]) {
    if (text.trim().length < shortestSecret) continue;
    forms.add(text);
    forms.add(JSON.stringify(text).slice(1, -1));
    forms.add(encodeURIComponent(text.toWellFormed()));
  }
  return forms;
}

/** Longest first, so that a secret within a longer one does not leave the rest of it standing. */
function patternOf(values: ReadonlySet<string>): RegExp {
  const longestFirst = [...values].sort((a, b) => b.length - a.length);
  return new RegExp(
    longestFirst.map((value) => value.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")).join("|"),
    "g",
  );
}

function secretsIn(value: Json, isSecret: (name: string) => boolean, within: boolean): string[] {
  if (typeof value === "string") {
    const inner = parseObject(value);
    const own = within ? [value] : [];
    return inner === undefined ? own : [...own, ...secretsIn(inner, isSecret, within)];
  }
  if (typeof value === "number") return within ? [String(value)] : [];
  if (Array.isArray(value)) return value.flatMap((item) => secretsIn(item, isSecret, within));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => secretsIn(item, isSecret, within || isSecret(name)));
}

function parseObject(text: string): Json | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

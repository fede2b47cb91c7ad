/** What each kind of connection asks for, by the names that Airflow's hooks give its fields. */
import type { TFunction } from "i18next";

/** As the API answers: secrets of its extra are masked, and it has no password. */
export interface Connection {
  connection_id: string;
  conn_type: string;
  description: string | null;
  host: string | null;
  login: string | null;
  schema: string | null;
  port: number | null;
  extra: string | null;
}

export type ConnectionField = "host" | "port" | "schema" | "login" | "password";

export interface ExtraField {
  /** Its key in the extra. */
  name: string;
  label: string;
  /** A secret is typed unseen; a long text has lines; JSON is an object of its own. */
  kind: "text" | "secret" | "long" | "number" | "flag" | "json";
  placeholder?: string;
}

export interface ConnectionKind {
  /** Fields that have another name here; those that are not named keep their own. */
  labels?: { readonly [Field in ConnectionField]?: string };
  /** Fields that mean nothing here. */
  hidden?: readonly ConnectionField[];
  placeholders?: { readonly [Field in ConnectionField]?: string };
  extra?: readonly ExtraField[];
}

const text = (name: string, label: string, placeholder?: string): ExtraField => ({
  name,
  label,
  kind: "text",
  ...(placeholder === undefined ? {} : { placeholder }),
});
const flag = (name: string, label: string): ExtraField => ({ name, label, kind: "flag" });

/** Any other kind may be typed; it has all fields under their usual names. */
export const connectionKinds = (t: TFunction): { readonly [type: string]: ConnectionKind } => ({
  postgres: {
    labels: { schema: t("Database") },
    placeholders: { port: "5432" },
    extra: [
      text("sslmode", t("SSL mode"), "require"),
      text("options", t("Options"), "-c statement_timeout=60s"),
    ],
  },
  mysql: {
    labels: { schema: t("Database") },
    placeholders: { port: "3306" },
    extra: [text("charset", t("Character set"), "utf8")],
  },
  sqlite: { labels: { host: t("File") }, hidden: ["port", "schema", "login", "password"] },
  http: {
    labels: { schema: t("Scheme") },
    placeholders: { host: "api.example.org", schema: "https" },
    extra: [
      {
        name: "headers",
        label: t("Headers (JSON)"),
        kind: "json",
        placeholder: '{"accept": "application/json"}',
      },
      { name: "timeout", label: t("Timeout in seconds"), kind: "number" },
    ],
  },
  smtp: {
    hidden: ["schema"],
    placeholders: { port: "25" },
    extra: [
      text("from_email", t("Sender"), "tradewind@example.org"),
      { name: "timeout", label: t("Timeout in seconds"), kind: "number", placeholder: "30" },
      flag("ssl", t("TLS from the start")),
      flag("disable_tls", t("Without STARTTLS")),
    ],
  },
  aws: {
    labels: { login: t("Access key id"), password: t("Secret access key") },
    hidden: ["host", "port", "schema"],
    extra: [
      text("region_name", t("Region"), "eu-west-1"),
      text("role_arn", t("Role to assume"), "arn:aws:iam::123456789012:role/pipelines"),
      text("endpoint_url", t("Endpoint"), "http://localhost:9000"),
      text("profile_name", t("Profile")),
    ],
  },
  google_cloud_platform: {
    hidden: ["host", "port", "schema", "login", "password"],
    extra: [
      text("project", t("Project id")),
      text("key_path", t("Key file"), "/secrets/key.json"),
      { name: "keyfile_dict", label: t("Key (JSON)"), kind: "long" },
      text("scope", t("Scopes")),
      { name: "num_retries", label: t("Retries"), kind: "number" },
    ],
  },
  ssh: {
    hidden: ["schema"],
    placeholders: { port: "22" },
    extra: [
      text("key_file", t("Key file"), "/home/me/.ssh/id_ed25519"),
      { name: "private_key", label: t("Private key"), kind: "long" },
      { name: "private_key_passphrase", label: t("Passphrase of the key"), kind: "secret" },
      flag("no_host_key_check", t("Any host key")),
    ],
  },
  fs: {
    hidden: ["host", "port", "schema", "login", "password"],
    extra: [text("path", t("Folder"), "/data")],
  },
  redis: {
    hidden: ["schema"],
    placeholders: { port: "6379" },
    extra: [{ name: "db", label: t("Database"), kind: "number", placeholder: "0" }, flag("ssl", t("TLS"))],
  },
  snowflake: {
    hidden: ["host", "port"],
    extra: [
      text("account", t("Account")),
      text("warehouse", t("Warehouse")),
      text("database", t("Database")),
      text("region", t("Region")),
      text("role", t("Role")),
    ],
  },
  generic: {},
});

type Extra = { [name: string]: unknown };

/** The object of an extra; null where it is none. */
export function readExtra(extra: string | null | undefined): Extra | null {
  if (!extra?.trim()) return {};
  try {
    const value = JSON.parse(extra) as unknown;
    return value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Extra) : null;
  } catch {
    return null;
  }
}

/** What a field of a form shows of a value of the extra. */
export function extraText(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** What has no field of its own, as JSON to be edited; empty where there is nothing. */
export function otherExtra(extra: Extra, fields: readonly ExtraField[]): string {
  const own = new Set(fields.map(({ name }) => name));
  const others = Object.entries(extra).filter(([name]) => !own.has(name));
  return others.length === 0 ? "" : JSON.stringify(Object.fromEntries(others), null, 2);
}

/** The value that a field's text stands for; undefined where it was left empty. */
export function extraValue({ kind }: ExtraField, typed: string): unknown {
  const value = typed.trim();
  if (value === "") return undefined;
  if (kind === "flag") return true;
  if (kind === "number") return Number(value);
  if (kind === "json") return readExtra(value) ?? value;
  return value;
}

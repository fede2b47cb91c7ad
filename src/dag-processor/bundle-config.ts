/**
 * Where Dag files come from: the Dags folder, or the bundles that `dag_processor.dag_bundle_config_list` names, in
 * Airflow's spelling: `[{"name", "classpath", "kwargs"}]` with LocalDagBundle, GitDagBundle, S3DagBundle and
 * GCSDagBundle.
 */
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { nearest } from "../did-you-mean.ts";
import { TradewindError } from "../errors.ts";

export interface LocalBundle {
  readonly kind: "local";
  readonly name: string;
  readonly folder: string;
}

export interface GitBundleSpec {
  readonly kind: "git";
  readonly name: string;
  readonly connId: string | null;
  readonly repoUrl: string | null;
  /** A branch, a tag or a commit. */
  readonly trackingRef: string;
  /** Folder of the repository that holds the Dags. */
  readonly subdir: string;
  readonly refreshSeconds: number;
  readonly submodules: boolean;
}

export interface BucketBundleSpec {
  readonly kind: "bucket";
  readonly maker: "s3" | "google";
  readonly name: string;
  readonly connId: string;
  readonly bucket: string;
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string;
  readonly refreshSeconds: number;
}

export type BundleSpec = LocalBundle | GitBundleSpec | BucketBundleSpec;

export const dagsFolderBundle = "dags-folder";
const setting = "dag_processor.dag_bundle_config_list";

/** Keyword arguments that are taken, and those of Airflow's that change nothing here. */
const kwargsOf = {
  LocalDagBundle: {
    path: "text",
    refresh_interval: "number",
    view_url_template: "ignored",
    version: "ignored",
  },
  GitDagBundle: {
    git_conn_id: "text",
    repo_url: "text",
    tracking_ref: "text",
    subdir: "text",
    refresh_interval: "number",
    submodules: "boolean",
    version: "ignored",
    view_url_template: "ignored",
    prune_dotgit_folder: "ignored",
  },
  S3DagBundle: {
    aws_conn_id: "text",
    bucket_name: "text",
    prefix: "text",
    refresh_interval: "number",
    version: "ignored",
    view_url_template: "ignored",
  },
  GCSDagBundle: {
    gcp_conn_id: "text",
    bucket_name: "text",
    prefix: "text",
    refresh_interval: "number",
    version: "ignored",
    view_url_template: "ignored",
  },
} as const;

/** @throws TradewindError TW_BUNDLE_CONFIG with the bundle's name. */
export function bundlesOf(text: string, dagsFolder: string, environment: NodeJS.ProcessEnv): BundleSpec[] {
  if (text.trim() === "") return [{ kind: "local", name: dagsFolderBundle, folder: dagsFolder }];
  const listed = parse(text);
  const bundles = listed.map((one, at) => bundleOf(one, at, dagsFolder, environment));
  const twice = bundles.find((one, at) => bundles.findIndex((other) => other.name === one.name) !== at);
  if (twice !== undefined) throw refuse(`two bundles have the name "${twice.name}"`);
  return bundles;
}

function parse(text: string): unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw refuse(`expected a JSON list of bundles, got: ${(error as Error).message}`);
  }
  if (!Array.isArray(parsed) || parsed.length === 0) throw refuse("expected a JSON list of bundles");
  return parsed;
}

function bundleOf(
  given: unknown,
  at: number,
  dagsFolder: string,
  environment: NodeJS.ProcessEnv,
): BundleSpec {
  const { name, classpath, kwargs = {} } = (given ?? {}) as { [key: string]: unknown };
  if (typeof name !== "string" || !/^[\w.-]+$/.test(name))
    throw refuse(
      `bundle ${at + 1}: expected a name of letters, digits, ".", "-" and "_", got ${JSON.stringify(name)}`,
    );
  const kind =
    String(classpath ?? "")
      .split(".")
      .at(-1) ?? "";
  if (!isKind(kind))
    throw refuse(
      `bundle "${name}": expected the classpath of LocalDagBundle, GitDagBundle, S3DagBundle or GCSDagBundle, got ${JSON.stringify(classpath)}`,
    );
  const found = checked(name, kind, kwargs);
  const text = (key: string): string | null => (found[key] as string | undefined) ?? null;
  if (kind === "LocalDagBundle") {
    const path = expanded(text("path") ?? dagsFolder, environment);
    return { kind: "local", name, folder: isAbsolute(path) ? path : join(dagsFolder, path) };
  }
  if (kind === "S3DagBundle") return bucketOf(name, "s3", text("aws_conn_id") ?? "aws_default", found);
  if (kind === "GCSDagBundle")
    return bucketOf(name, "google", text("gcp_conn_id") ?? "google_cloud_default", found);
  const connId = text("git_conn_id");
  const repoUrl = text("repo_url");
  if (connId === null && repoUrl === null)
    throw refuse(
      `bundle "${name}": expected repo_url, or git_conn_id of a connection whose host is the address`,
    );
  return {
    kind: "git",
    name,
    connId,
    repoUrl,
    trackingRef: text("tracking_ref") ?? "main",
    subdir: text("subdir") ?? "",
    refreshSeconds: (found["refresh_interval"] as number | undefined) ?? 300,
    submodules: found["submodules"] === true,
  };
}

function isKind(kind: string): kind is keyof typeof kwargsOf {
  return Object.hasOwn(kwargsOf, kind);
}

function bucketOf(
  name: string,
  maker: BucketBundleSpec["maker"],
  connId: string,
  found: { readonly [key: string]: unknown },
): BucketBundleSpec {
  const bucket = found["bucket_name"];
  if (typeof bucket !== "string" || bucket === "" || bucket.includes("/"))
    throw refuse(
      `bundle "${name}": expected bucket_name to be the name of a bucket, got ${JSON.stringify(bucket ?? null)}`,
    );
  return {
    kind: "bucket",
    maker,
    name,
    connId,
    bucket,
    prefix: ((found["prefix"] as string | undefined) ?? "").replaceAll(/^\/+|\/+$/g, ""),
    refreshSeconds: (found["refresh_interval"] as number | undefined) ?? 300,
  };
}

function checked(name: string, kind: keyof typeof kwargsOf, kwargs: unknown): { [key: string]: unknown } {
  if (kwargs === null || typeof kwargs !== "object" || Array.isArray(kwargs))
    throw refuse(`bundle "${name}": expected kwargs to be an object, got ${JSON.stringify(kwargs)}`);
  const known: { readonly [key: string]: string } = kwargsOf[kind];
  for (const [key, value] of Object.entries(kwargs)) {
    const wanted = known[key];
    if (wanted === undefined) {
      const near = nearest(key, Object.keys(known));
      throw refuse(
        `bundle "${name}": ${kind} has no argument ${JSON.stringify(key)}`,
        near === null ? undefined : `did you mean ${near}?`,
      );
    }
    const given = typeof value === "string" ? "text" : typeof value;
    if (wanted !== "ignored" && value !== null && given !== wanted)
      throw refuse(`bundle "${name}": expected ${key} to be a ${wanted}, got ${JSON.stringify(value)}`);
  }
  return Object.fromEntries(Object.entries(kwargs).filter(([, value]) => value !== null));
}

function expanded(path: string, environment: NodeJS.ProcessEnv): string {
  return path.replace(/^~(?=\/|$)/, environment["HOME"] ?? homedir());
}

function refuse(message: string, hint?: string): TradewindError {
  return new TradewindError("TW_BUNDLE_CONFIG", `${setting}: ${message}`, { hint });
}

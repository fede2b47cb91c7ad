/** How OpenLineage names data: a namespace (where) and a name (what), made of a URI as its naming rules say. */

export interface LineageDataset {
  readonly namespace: string;
  readonly name: string;
  /** Digest of the data, or number of a version; empty where it is not known. */
  readonly version: string;
  readonly schema: readonly { readonly name: string; readonly type: string }[] | null;
}

/** `scheme://authority/path` with the authority as namespace. */
const storesOfObjects = new Set(["s3", "gs", "abfss", "abfs", "wasbs", "hdfs", "dbfs"]);
const databases: Readonly<Record<string, string>> = {
  postgres: "5432",
  postgresql: "5432",
  mysql: "3306",
  trino: "8080",
  mssql: "1433",
};

/** Null for a URI of no scheme that the naming rules know: nobody else could join on a made-up name. */
export function datasetOfUri(uri: string): LineageDataset | null {
  const url = parse(uri);
  if (url === null) return null;
  const scheme = url.protocol.slice(0, -1);
  const path = decodeURIComponent(url.pathname).replace(/^\/+/, "");
  if (scheme === "file") return named("file", `/${path}`);
  if (storesOfObjects.has(scheme))
    return url.host === "" ? null : named(`${scheme}://${url.host}`, path || "/");
  if (scheme === "bigquery") return named("bigquery", [url.host, ...path.split("/")].join("."));
  const port = databases[scheme];
  if (port === undefined || url.hostname === "") return null;
  const kind = scheme === "postgresql" ? "postgres" : scheme;
  const parts = path.split("/").filter((part) => part !== "");
  return parts.length < 2 ? null : named(`${kind}://${url.hostname}:${url.port || port}`, parts.join("."));
}

function parse(uri: string): URL | null {
  try {
    return new URL(uri);
  } catch {
    return null;
  }
}

function named(namespace: string, name: string): LineageDataset {
  return { namespace, name, version: "", schema: null };
}

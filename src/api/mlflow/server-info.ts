/** What clients ask about the server before they ask it for anything. */
import type { ApiApp } from "../app.ts";
import { prefixes } from "./rpc.ts";

/** MLflow whose API ours answers like; clients of 3.x choose by it how they send traces. */
export const mlflowApiVersion = "3.11.1";

export function registerServerInfo(app: ApiApp): void {
  const options = { config: { access: "public" }, schema: { hide: true } } as const;
  app.get("/version", options, (_request, reply) =>
    reply.type("text/plain; charset=utf-8").send(mlflowApiVersion),
  );
  for (const prefix of prefixes)
    app.get(`${prefix}/mlflow/server-info`, options, async () => ({
      store_type: "SqlStore",
      workspaces_enabled: false,
    }));
}

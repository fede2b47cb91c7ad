/** The file of a value that is too large for its row, for views that read it themselves and for people who want it. */
import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { basename } from "node:path";
import { z } from "zod";
import { getDagRun } from "../../store/dag-runs.ts";
import { findXCom } from "../../store/xcoms.ts";
import { pathIn } from "../airflow/xcom-value.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import { HttpProblem } from "../http-problem.ts";
import type { ApiParts } from "../parts.ts";
import { isSecretName } from "../secret-names.ts";
import { RunParams } from "./run-views.ts";

export function registerXComFiles(app: ApiApp, parts: ApiParts): void {
  app.get(
    "/ui/dags/:dag_id/runs/:dag_run_id/tasks/:task_id/xcom-file",
    {
      config: { access: can("read", "XComs") },
      schema: {
        params: RunParams.extend({ task_id: z.string() }),
        querystring: z.object({ key: z.string(), map_index: z.int32().default(-1) }),
      },
    },
    async ({ params, query }, reply) => {
      if (isSecretName(parts.config, query.key))
        throw new HttpProblem(
          403,
          `XCom entry with key: \`${query.key}\` is hidden: its key is the name of a secret`,
        );
      const run = await getDagRun(parts.database, params.dag_id, params.dag_run_id);
      const at = { runPk: run.id, taskId: params.task_id, mapIndex: query.map_index, key: query.key };
      const found = await findXCom(parts.database, at);
      const path = found?.ref ? await fileAt(parts.config.paths.artifacts, found.ref.uri) : null;
      if (path === null)
        throw new HttpProblem(404, `XCom entry with key: \`${query.key}\` has no file that can be read here`);
      const { size } = await stat(path);
      return reply
        .header("content-type", "application/octet-stream")
        .header("content-length", size)
        .header("content-disposition", `attachment; filename*=UTF-8''${encodeURIComponent(basename(path))}`)
        .header("content-security-policy", "sandbox; default-src 'none'")
        .send(createReadStream(path));
    },
  );
}

/** Null for a file that is gone, or that lies outside of the artifact root, whatever links lead to it. */
async function fileAt(root: string, uri: string): Promise<string | null> {
  const path = pathIn(root, uri);
  if (path === null) return null;
  try {
    const [real, realRoot] = await Promise.all([realpath(path), realpath(root)]);
    return real.startsWith(`${realRoot}/`) ? real : null;
  } catch {
    return null;
  }
}

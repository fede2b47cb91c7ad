/** /parseDagFile: importing a Dag file once more. */
import { z } from "zod";
import { listDagFiles } from "../../store/dags.ts";
import { addParseRequest } from "../../store/parse-requests.ts";
import type { ApiApp } from "../app.ts";
import { can, requirePermission } from "../auth/access.ts";
import { HttpProblem } from "../http-problem.ts";
import type { AirflowContext } from "./context.ts";
import { readFileToken } from "./file-token.ts";

export function registerDagParsing(app: ApiApp, context: AirflowContext): void {
  const { database, parts } = context;
  app.put(
    "/parseDagFile/:file_token",
    {
      config: { access: can("edit", "DAGs") },
      schema: {
        operationId: "reparse_dag_file",
        tags: ["DAG Parsing"],
        params: z.object({ file_token: z.string() }),
        response: { 201: z.null() },
      },
    },
    async ({ params, user }, reply) => {
      const file = readFileToken(parts.secrets, params.file_token);
      const files = await listDagFiles(database, file.bundleName);
      const found = files.find(({ relativeFile }) => relativeFile === file.relativeFile);
      if (found === undefined) throw new HttpProblem(404, "File not found");
      for (const dagId of found.dagIds) requirePermission(user, { action: "edit", resource: "DAGs" }, dagId);
      await database.transaction((tx) => addParseRequest(tx, file, context.now()));
      reply.code(201);
      return null;
    },
  );
}

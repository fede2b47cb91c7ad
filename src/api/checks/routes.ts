/** Reports of checks over HTTP: tasks and programs post them, the page and people read them. */
import { z } from "zod";
import type { Json } from "../../core/dag-model.ts";
import {
  checkKinds,
  checkOutcomes,
  deleteCheckReport,
  findCheckReport,
  insertCheckReport,
  listCheckReports,
} from "../../store/check-reports.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import type { ApiParts } from "../parts.ts";
import { CheckOut, CheckWithReport, checkOut, NewCheck, readReport } from "./schemas.ts";

const tags = ["Check"];
const read = { access: can("read", "Experiments") };
const ById = z.object({ id: z.int().min(1).max(Number.MAX_SAFE_INTEGER) });
const Filter = z.object({
  kind: z.enum(checkKinds).optional(),
  name: z.string().optional(),
  dataset: z.string().optional(),
  outcome: z.enum(checkOutcomes).optional(),
  model_name: z.string().optional(),
  model_version: z.string().optional(),
  endpoint: z.string().optional(),
  dag_id: z.string().optional(),
  dag_run_id: z.string().optional(),
  task_id: z.string().optional(),
  map_index: z.int().min(-1).max(2_147_483_647).optional(),
  limit: z.int().min(1).max(1000).default(100),
  offset: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
});

export function registerCheckRoutes(app: ApiApp, { database, clock }: ApiParts): void {
  // Tasks report again and again: the report itself says who and when, no entry of the audit log is needed.
  const make = { tags, operationId: "post_check", body: NewCheck, response: { 201: CheckOut } };
  app.post(
    "/api/checks",
    { config: { access: can("create", "Experiments"), audit: false }, schema: make },
    async ({ body, user, attempt = null }, reply) => {
      const { report, summary } = readReport(body);
      const { kind, name, dataset } = body;
      const row = await insertCheckReport(
        database,
        {
          ...summary,
          kind,
          name,
          dataset,
          datasetDigest: body.dataset_digest,
          modelName: body.model_name,
          modelVersion: body.model_version,
          endpoint: body.endpoint,
          actor: user.username,
          origin: attempt,
          report: report as unknown as Json,
        },
        clock.now(),
      );
      return reply.code(201).send(checkOut(row));
    },
  );
  const listed = z.object({ checks: z.array(CheckOut), total_entries: z.number() });
  const list = { tags, operationId: "get_checks", querystring: Filter, response: { 200: listed } };
  app.get("/api/checks", { config: read, schema: list }, async ({ query }) => {
    const { rows, total } = await listCheckReports(database, filterOf(query), query);
    return { checks: rows.map(checkOut), total_entries: total };
  });
  const one = { tags, operationId: "get_check", params: ById, response: { 200: CheckWithReport } };
  app.get("/api/checks/:id", { config: read, schema: one }, async ({ params }) => {
    const { report, ...row } = await findCheckReport(database, params.id);
    return { ...checkOut(row), report };
  });
  const remove = { tags, operationId: "delete_check", params: ById };
  app.delete(
    "/api/checks/:id",
    { config: { access: can("delete", "Experiments"), audit: true }, schema: remove },
    async ({ params }, reply) => {
      await deleteCheckReport(database, params.id);
      return reply.code(204).send();
    },
  );
}

function filterOf(query: z.output<typeof Filter>) {
  const { kind, name, dataset, outcome, endpoint } = query;
  return {
    kind,
    name,
    dataset,
    outcome,
    endpoint,
    modelName: query.model_name,
    modelVersion: query.model_version,
    dagId: query.dag_id,
    dagRunId: query.dag_run_id,
    taskId: query.task_id,
    mapIndex: query.map_index,
  };
}

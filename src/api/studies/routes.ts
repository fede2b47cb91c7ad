/** Studies over HTTP: make one, ask for trials, report and tell, and read what the page draws. */
import { z } from "zod";
import { DatabaseStudyStorage } from "../../ml/studies/database-storage.ts";
import type { Outcome } from "../../ml/studies/decisions.ts";
import type { Space } from "../../ml/studies/space.ts";
import { createStudy, openStudy, type Study } from "../../ml/studies/study.ts";
import type { StudyOptions } from "../../ml/studies/study-spec.ts";
import { ChangedSubjects } from "../../store/changed-subjects.ts";
import { deleteStudy, listStudies } from "../../store/studies.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import { HttpProblem } from "../http-problem.ts";
import type { ApiParts } from "../parts.ts";
import { NewStudy, Params, StudyOut, studyOut, TrialOut, trialOut, Value } from "./schemas.ts";
import { registerStudyViews } from "./view-routes.ts";

const read = { access: can("read", "Experiments") };
const edit = { access: can("edit", "Experiments") };
const ByName = z.object({ name: z.string() });
const ByTrial = ByName.extend({ number: z.int().min(0) });

/** How a trial ended: `value`, or `values` with several directions, or a `state` without a value. */
const Told = z.strictObject({
  value: Value.optional(),
  values: z.array(Value).optional(),
  state: z.enum(["complete", "pruned", "fail"]).optional(),
  error: z.string().max(10_000).optional(),
});

export function registerStudyRoutes(app: ApiApp, parts: ApiParts): void {
  // One for the whole server: requests that meet share a transaction.
  const storage = new DatabaseStudyStorage(parts.database, parts.clock);
  const open = (name: string): Promise<Study> => openStudy(name, storage);
  tellPages(app, parts);
  registerLifecycle(app, parts, storage);
  registerTrials(app, open);
  registerStudyViews(app, open);
}

/** Open pages hear of every change that was answered well. */
function tellPages(app: ApiApp, { database, clock }: ApiParts): void {
  const news = new ChangedSubjects(database, clock);
  app.addHook("onResponse", async ({ method, params }, { statusCode }) => {
    if (method === "GET" || method === "HEAD" || statusCode >= 400) return;
    const { name } = (params ?? {}) as { name?: string };
    news.changed("studies", ...(name === undefined ? [] : [`study:${name}`]));
  });
  app.addHook("onClose", () => news.stop());
}

function registerLifecycle(app: ApiApp, { database }: ApiParts, storage: DatabaseStudyStorage): void {
  const Page = z.object({ limit: z.int().min(1).max(1000).default(100), offset: z.int().min(0).default(0) });
  app.get(
    "/api/studies",
    { config: read, schema: { tags: ["Study"], querystring: Page } },
    async ({ query }) => {
      const { rows, total } = await listStudies(database, query);
      const studies = rows.map(({ name, directions, createdAt, trials }) => ({
        name,
        directions,
        created_at: new Date(createdAt).toISOString(),
        trials,
      }));
      return { studies, total_entries: total };
    },
  );
  const make = { tags: ["Study"], body: NewStudy, response: { 201: StudyOut } };
  app.post("/api/studies", { config: edit, schema: make }, async ({ body }, reply) => {
    const study = await createStudy({
      ...optionsOf(body),
      storage,
      loadIfExists: body.load_if_exists,
    });
    return reply.code(201).send(studyOut(study.spec));
  });
  const one = { tags: ["Study"], params: ByName, response: { 200: StudyOut } };
  app.get("/api/studies/:name", { config: read, schema: one }, async ({ params }) =>
    studyOut((await openStudy(params.name, storage)).spec),
  );
  app.delete(
    "/api/studies/:name",
    { config: edit, schema: { tags: ["Study"], params: ByName } },
    async ({ params }, reply) => {
      if (!(await deleteStudy(database, params.name))) await storage.read(params.name);
      return reply.code(204).send();
    },
  );
}

function optionsOf(body: z.output<typeof NewStudy>): StudyOptions {
  return {
    name: body.name,
    space: body.space as unknown as Space,
    ...(body.directions === undefined ? {} : { directions: body.directions }),
    ...(body.sampler === undefined ? {} : { sampler: body.sampler as NonNullable<StudyOptions["sampler"]> }),
    ...(body.pruner === undefined ? {} : { pruner: body.pruner as NonNullable<StudyOptions["pruner"]> }),
    ...(body.seed === undefined ? {} : { seed: body.seed }),
    ...(body.n_trials === undefined ? {} : { nTrials: body.n_trials }),
    ...(body.trial_timeout === undefined ? {} : { trialTimeout: body.trial_timeout }),
    ...(body.max_retries === undefined ? {} : { maxRetries: body.max_retries }),
    ...(body.attrs === undefined ? {} : { attrs: body.attrs }),
  };
}

function registerTrials(app: ApiApp, open: (name: string) => Promise<Study>): void {
  const tags = ["Study"];
  const Ask = z.strictObject({
    count: z.int().min(1).max(1000).default(1),
    worker: z.string().max(250).optional(),
  });
  const Asked = z.object({ trials: z.array(z.object({ number: z.number(), params: Params })) });
  const ask = { tags, params: ByName, body: Ask.nullish(), response: { 200: Asked } };
  app.post("/api/studies/:name/ask", { config: edit, schema: ask }, async ({ params, body }) => {
    const trials = await (await open(params.name)).askMany(body?.count ?? 1, body?.worker ?? null);
    return { trials: trials.map(({ number, params }) => ({ number, params: { ...params } })) };
  });
  const tell = { tags, params: ByTrial, body: Told, response: { 200: TrialOut } };
  app.post(
    "/api/studies/:name/trials/:number/tell",
    { config: edit, schema: tell },
    async ({ params, body }) =>
      trialOut(await (await open(params.name)).tell(params.number, outcomeOf(body))),
  );
  const Report = z.strictObject({ step: z.int().min(0), value: Value });
  const report = {
    tags,
    params: ByTrial,
    body: Report,
    response: { 200: z.object({ should_prune: z.boolean() }) },
  };
  app.post(
    "/api/studies/:name/trials/:number/report",
    { config: edit, schema: report },
    async ({ params, body }) => {
      const study = await open(params.name);
      await study.report(params.number, body.step, Number(body.value));
      return { should_prune: await study.shouldPrune(params.number) };
    },
  );
  const beat = { tags, params: ByTrial };
  app.post(
    "/api/studies/:name/trials/:number/heartbeat",
    { config: edit, schema: beat },
    async (request, reply) => {
      const { name, number } = request.params;
      await (await open(name)).heartbeat(number);
      return reply.code(204).send();
    },
  );
  const Enqueue = z.strictObject({ params: Params });
  const enqueue = { tags, params: ByName, body: Enqueue, response: { 201: TrialOut } };
  app.post("/api/studies/:name/enqueue", { config: edit, schema: enqueue }, async ({ params, body }, reply) =>
    reply.code(201).send(trialOut(await (await open(params.name)).enqueue(body.params))),
  );
}

function outcomeOf(body: z.output<typeof Told>): Outcome {
  const given = body.values ?? (body.value === undefined ? undefined : [body.value]);
  const state = body.state ?? "complete";
  if (state === "pruned") return { state };
  if (state === "fail") return { state, ...(body.error === undefined ? {} : { error: body.error }) };
  if (given === undefined)
    throw new HttpProblem(422, "expected value, values, or a state of pruned or fail, got none of them");
  return { state, values: given.map(Number) };
}

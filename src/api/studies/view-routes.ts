/** Reads of a study: its trials, the best ones, and the data of its charts. */
import { z } from "zod";
import { importances } from "../../ml/studies/importance.ts";
import type { Study } from "../../ml/studies/study.ts";
import { trialStates } from "../../ml/studies/trial.ts";
import {
  contour,
  intermediateValues,
  optimizationHistory,
  parallelCoordinates,
  slices,
} from "../../ml/studies/views.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import { TrialOut, trialOut, wireValue } from "./schemas.ts";

const config = { access: can("read", "Experiments") };
const tags = ["Study"];
const ByName = z.object({ name: z.string() });
const Target = z.object({ target: z.int().min(0).default(0) });

/** Numbers that JSON cannot write, anywhere below. */
function writable(value: unknown): unknown {
  if (typeof value === "number") return wireValue(value);
  if (Array.isArray(value)) return value.map(writable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, writable(inner)]));
}

export function registerStudyViews(app: ApiApp, open: (name: string) => Promise<Study>): void {
  const Filter = z.object({
    state: z.array(z.enum(trialStates)).default([]),
    limit: z.int().min(1).max(10_000).default(1000),
    offset: z.int().min(0).default(0),
  });
  const Trials = z.object({ trials: z.array(TrialOut), total_entries: z.number() });
  const list = { tags, params: ByName, querystring: Filter, response: { 200: Trials } };
  app.get("/api/studies/:name/trials", { config, schema: list }, async ({ params, query }) => {
    const all = await (await open(params.name)).trials();
    const found = all.filter(({ state }) => query.state.length === 0 || query.state.includes(state));
    const page = found.slice(query.offset, query.offset + query.limit);
    return { trials: page.map(trialOut), total_entries: found.length };
  });
  const best = { tags, params: ByName, response: { 200: z.object({ trials: z.array(TrialOut) }) } };
  app.get("/api/studies/:name/best", { config, schema: best }, async ({ params }) => {
    const study = await open(params.name);
    const trials = study.spec.directions.length > 1 ? await study.bestTrials() : [await study.bestTrial()];
    return { trials: trials.map(trialOut) };
  });
  registerCharts(app, open);
}

function registerCharts(app: ApiApp, open: (name: string) => Promise<Study>): void {
  const schema = { tags, params: ByName, querystring: Target };
  app.get("/api/studies/:name/importance", { config, schema }, async ({ params, query }) => {
    const study = await open(params.name);
    return { importance: importances(study.spec, await study.trials(), query.target) };
  });
  app.get("/api/studies/:name/history", { config, schema }, async ({ params, query }) => {
    const study = await open(params.name);
    return { points: writable(optimizationHistory(study.spec, await study.trials(), query.target)) };
  });
  app.get("/api/studies/:name/slices", { config, schema }, async ({ params, query }) => ({
    slices: writable(slices(await (await open(params.name)).trials(), query.target)),
  }));
  app.get("/api/studies/:name/parallel-coordinates", { config, schema }, async ({ params, query }) =>
    writable(parallelCoordinates(await (await open(params.name)).trials(), query.target)),
  );
  app.get("/api/studies/:name/intermediate-values", { config, schema }, async ({ params }) => ({
    trials: writable(intermediateValues(await (await open(params.name)).trials())),
  }));
  const Pair = Target.extend({ x: z.string(), y: z.string() });
  const pair = { tags, params: ByName, querystring: Pair };
  app.get("/api/studies/:name/contour", { config, schema: pair }, async ({ params, query }) => ({
    points: writable(contour(await (await open(params.name)).trials(), query.x, query.y, query.target)),
  }));
}

/** Rules about metrics over HTTP, and the alerts of runs that broke them. */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { alertKinds } from "../../core/tracking/metric-alerts.ts";
import { requireActiveExperiment } from "../../store/tracking/experiments.ts";
import {
  type AlertRuleRow,
  deleteAlertRule,
  listAlertRules,
  listAlerts,
  type MetricAlertRow,
  putAlertRule,
} from "../../store/tracking/metric-alerts.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import { requireWebhookUrl } from "./public-address.ts";
import type { MlflowParts } from "./rpc.ts";

const tags = ["Metric alerts"];
const read = { access: can("read", "Experiments") };
const edit = { access: can("edit", "Experiments") };
const ByExperiment = z.object({ experiment_id: z.string() });
const ByRule = z.object({ rule_id: z.string() });
const name = z.string().min(1).max(250);

const Rule = z.object({
  rule_id: z.string(),
  experiment_id: z.string(),
  name,
  metric: name,
  kind: z.enum(alertKinds),
  threshold: z.number().nullable(),
  patience: z.number().nullable(),
  min_change: z.number(),
  greater_is_better: z.boolean(),
  stop: z.boolean(),
  has_url: z.boolean(),
  created_by: z.string().nullable(),
  created_at: z.string(),
});

const NewRule = z
  .strictObject({
    experiment_id: z.string(),
    name,
    metric: name,
    kind: z.enum(alertKinds),
    threshold: z.number().nullable().default(null),
    patience: z.int().min(1).nullable().default(null),
    min_change: z.number().min(0).default(0),
    greater_is_better: z.boolean().default(false),
    stop: z.boolean().default(false),
    url: z.string().max(2000).nullable().default(null),
  })
  .superRefine(({ kind, threshold, patience }, context) => {
    const bound = kind === "above" || kind === "below";
    if (bound !== (threshold !== null))
      context.addIssue({
        code: "custom",
        path: ["threshold"],
        message: `expected ${bound ? "a number" : "none"} for "${kind}"`,
      });
    if ((kind === "no_improvement") !== (patience !== null))
      context.addIssue({
        code: "custom",
        path: ["patience"],
        message: `expected ${kind === "no_improvement" ? "steps" : "none"} for "${kind}"`,
      });
  });

const Alert = z.object({
  rule_id: z.string(),
  rule: z.string(),
  metric: z.string(),
  run_id: z.string(),
  run_name: z.string(),
  experiment_id: z.string(),
  step: z.number(),
  /** As text, since JSON has no word for NaN. */
  value: z.string(),
  message: z.string(),
  stop: z.boolean(),
  fired_at: z.string(),
});

const Filter = z.object({
  experiment_id: z.string().optional(),
  run_id: z.string().optional(),
  limit: z.int().min(1).max(1000).default(100),
  offset: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
});

export function registerAlertRoutes(app: ApiApp, parts: MlflowParts): void {
  const { database, secrets, clock, watch, config } = parts;
  const listed = z.object({ rules: z.array(Rule) });
  app.get(
    "/api/metric-alert-rules",
    {
      config: read,
      schema: {
        tags,
        operationId: "get_metric_alert_rules",
        querystring: ByExperiment,
        response: { 200: listed },
      },
    },
    async ({ query }) => {
      const { experimentId } = await requireActiveExperiment(database, query.experiment_id);
      return { rules: (await listAlertRules(database, experimentId)).map(ruleOut) };
    },
  );
  app.put(
    "/api/metric-alert-rules",
    {
      config: edit,
      schema: { tags, operationId: "put_metric_alert_rule", body: NewRule, response: { 200: Rule } },
    },
    async ({ body, user }) => {
      const { experimentId } = await requireActiveExperiment(database, body.experiment_id);
      if (body.url !== null) requireWebhookUrl(body.url, config.tracking.webhooksAnywhere);
      const rule = await putAlertRule(
        database,
        secrets,
        {
          ...body,
          ruleId: randomUUID(),
          experimentId,
          minChange: body.min_change,
          greaterIsBetter: body.greater_is_better,
          createdBy: user.username,
        },
        clock.now(),
      );
      watch.changed();
      return ruleOut(rule);
    },
  );
  app.delete(
    "/api/metric-alert-rules/:rule_id",
    { config: edit, schema: { tags, operationId: "delete_metric_alert_rule", params: ByRule } },
    async ({ params }, reply) => {
      await deleteAlertRule(database, params.rule_id);
      watch.changed();
      return reply.code(204).send();
    },
  );
  const found = z.object({ alerts: z.array(Alert) });
  app.get(
    "/api/metric-alerts",
    {
      config: read,
      schema: { tags, operationId: "get_metric_alerts", querystring: Filter, response: { 200: found } },
    },
    async ({ query }) => {
      const { experiment_id: experiment, run_id: runId } = query;
      const filter = {
        ...(experiment === undefined
          ? {}
          : { experimentId: (await requireActiveExperiment(database, experiment)).experimentId }),
        ...(runId === undefined ? {} : { runId }),
      };
      return { alerts: (await listAlerts(database, filter, query)).map(alertOut) };
    },
  );
}

function ruleOut(rule: AlertRuleRow): z.output<typeof Rule> {
  const { name, metric, kind, threshold, patience, stop } = rule;
  return {
    rule_id: rule.ruleId,
    experiment_id: String(rule.experimentId),
    name,
    metric,
    kind,
    threshold,
    patience,
    min_change: rule.minChange,
    greater_is_better: rule.greaterIsBetter,
    stop,
    has_url: rule.hasUrl,
    created_by: rule.createdBy,
    created_at: new Date(rule.createdAt).toISOString(),
  };
}

function alertOut(alert: MetricAlertRow): z.output<typeof Alert> {
  const { rule, metric, step, message, stop } = alert;
  return {
    rule_id: alert.ruleId,
    rule,
    metric,
    run_id: alert.runId,
    run_name: alert.runName,
    experiment_id: String(alert.experimentId),
    step,
    value: String(alert.value),
    message,
    stop,
    fired_at: new Date(alert.firedAt).toISOString(),
  };
}

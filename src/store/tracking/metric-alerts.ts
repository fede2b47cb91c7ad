/** Rules about metrics, and the alerts of runs that broke them. Addresses to tell are sealed at rest. */
import type { AlertRule, Watched } from "../../core/tracking/metric-alerts.ts";
import { TradewindError } from "../../errors.ts";
import type { Executor, Transactor } from "../connect.ts";
import { alertRulePlace, type Secrets } from "../secrets.ts";
import { instant, sql } from "../sql.ts";
import { asRunId, hexId } from "./ids.ts";

export interface AlertRuleRow extends AlertRule {
  readonly ruleId: string;
  readonly experimentId: number;
  /** The run's further metrics are refused. */
  readonly stop: boolean;
  readonly hasUrl: boolean;
  readonly createdBy: string | null;
  readonly createdAt: number;
}

export interface MetricAlertRow {
  readonly ruleId: string;
  readonly rule: string;
  readonly metric: string;
  readonly runId: string;
  readonly runName: string;
  readonly experimentId: number;
  readonly step: number;
  readonly value: number;
  readonly message: string;
  readonly stop: boolean;
  readonly firedAt: number;
}

const columns = sql`
  a.rule_id AS "ruleId", a.experiment_id AS "experimentId", a.name, a.metric, a.kind, a.threshold, a.patience,
  a.min_change AS "minChange", a.greater_is_better AS "greaterIsBetter", a.stop, a.url IS NOT NULL AS "hasUrl",
  a.created_by AS "createdBy", a.created_at AS "createdAt"`;

export type NewAlertRule = Omit<AlertRuleRow, "hasUrl" | "createdAt"> & { readonly url: string | null };

/** Makes the rule, or changes the experiment's rule of that name, whose id and alerts stay. */
export function putAlertRule(
  database: Transactor,
  secrets: Secrets,
  rule: NewAlertRule,
  now: number,
): Promise<AlertRuleRow> {
  return database.transaction(async (tx) => {
    const ruleId = await lockedRule(tx, rule, now);
    // What was the best under other words says nothing.
    await tx.run(sql`
      DELETE FROM metric_watch w USING metric_alert_rule a
      WHERE w.rule_id = ${ruleId} AND a.rule_id = ${ruleId}
        AND (a.metric <> ${rule.metric} OR a.greater_is_better <> ${rule.greaterIsBetter})`);
    const sealed = rule.url === null ? null : secrets.seal(rule.url, alertRulePlace(ruleId));
    const row = await tx.row<AlertRuleRow>(sql`
      UPDATE metric_alert_rule a SET metric = ${rule.metric}, kind = ${rule.kind}, threshold = ${rule.threshold},
        patience = ${rule.patience}, min_change = ${rule.minChange}, greater_is_better = ${rule.greaterIsBetter},
        stop = ${rule.stop}, url = ${sealed}
      WHERE a.rule_id = ${ruleId} RETURNING ${columns}`);
    return row as AlertRuleRow;
  });
}

/** Two that make the same rule at once meet in its row. */
async function lockedRule(tx: Executor, rule: NewAlertRule, now: number): Promise<string> {
  await tx.run(sql`
    INSERT INTO metric_alert_rule (rule_id, experiment_id, name, metric, kind, threshold, patience, created_by, created_at)
    VALUES (${rule.ruleId}, ${rule.experimentId}, ${rule.name}, ${rule.metric}, ${rule.kind}, ${rule.threshold},
      ${rule.patience}, ${rule.createdBy}, ${instant(now)})
    ON CONFLICT (experiment_id, name) DO NOTHING`);
  const row = await tx.row<{ id: string }>(sql`
    SELECT rule_id AS id FROM metric_alert_rule
    WHERE experiment_id = ${rule.experimentId} AND name = ${rule.name} FOR UPDATE`);
  return row?.id ?? rule.ruleId;
}

/** By name. */
export function listAlertRules(executor: Executor, experimentId: number): Promise<AlertRuleRow[]> {
  return executor.rows(
    sql`SELECT ${columns} FROM metric_alert_rule a WHERE a.experiment_id = ${experimentId} ORDER BY a.name`,
  );
}

/** Metrics that some rule is about, of all experiments. */
export async function watchedMetrics(executor: Executor): Promise<Set<string>> {
  const rows = await executor.rows<{ metric: string }>(sql`SELECT DISTINCT metric FROM metric_alert_rule`);
  return new Set(rows.map(({ metric }) => metric));
}

/** @throws TradewindError TW_METRIC_ALERT_NOT_FOUND. */
export async function deleteAlertRule(executor: Executor, ruleId: string): Promise<void> {
  const count = /^[0-9a-f-]{36}$/i.test(ruleId)
    ? await executor.run(sql`DELETE FROM metric_alert_rule WHERE rule_id = ${ruleId}`)
    : 0;
  if (count === 0)
    throw new TradewindError("TW_METRIC_ALERT_NOT_FOUND", `expected the id of an alert rule, got ${ruleId}`);
}

export interface WatchingRule extends AlertRuleRow {
  readonly watched: Watched | null;
  /** What it said of this run already. */
  readonly alert: string | null;
}

/** The rules of the run's experiment about these metrics, with what each knows of the run. */
export async function rulesForRun(
  executor: Executor,
  runId: string,
  metrics: readonly string[],
): Promise<WatchingRule[]> {
  const rows = await executor.rows<
    Omit<WatchingRule, "watched"> & { best: number | null; bestStep: number | null }
  >(sql`
    SELECT ${columns}, w.best, w.best_step AS "bestStep", f.message AS alert
    FROM run r JOIN metric_alert_rule a ON a.experiment_id = r.experiment_id
    LEFT JOIN metric_watch w ON w.rule_id = a.rule_id AND w.run_id = r.run_id
    LEFT JOIN metric_alert f ON f.rule_id = a.rule_id AND f.run_id = r.run_id
    WHERE r.run_id = ${asRunId(runId)} AND a.metric = ANY (${metrics}::text[]) ORDER BY a.name`);
  return rows.map(({ best, bestStep, ...rule }) => ({
    ...rule,
    watched: best === null || bestStep === null ? null : { best, bestStep },
  }));
}

export async function keepWatched(
  executor: Executor,
  ruleId: string,
  runId: string,
  { best, bestStep }: Watched,
): Promise<void> {
  await executor.run(sql`
    INSERT INTO metric_watch (rule_id, run_id, best, best_step) VALUES (${ruleId}, ${asRunId(runId)}, ${best}, ${bestStep})
    ON CONFLICT (rule_id, run_id) DO UPDATE SET best = excluded.best, best_step = excluded.best_step`);
}

export interface NewAlert {
  readonly ruleId: string;
  readonly runId: string;
  readonly step: number;
  readonly value: number;
  readonly message: string;
}

/** True for whoever is the first to say it. */
export async function addAlert(executor: Executor, alert: NewAlert, now: number): Promise<boolean> {
  const count = await executor.run(sql`
    INSERT INTO metric_alert (rule_id, run_id, step, value, message, fired_at)
    VALUES (${alert.ruleId}, ${asRunId(alert.runId)}, ${alert.step}, ${String(alert.value)}::double precision,
      ${alert.message}, ${instant(now)})
    ON CONFLICT DO NOTHING`);
  return count === 1;
}

export async function alertUrl(executor: Executor, secrets: Secrets, ruleId: string): Promise<string | null> {
  const row = await executor.row<{ url: Buffer | null }>(
    sql`SELECT url FROM metric_alert_rule WHERE rule_id = ${ruleId}`,
  );
  return row === null || row.url === null ? null : secrets.open(row.url, alertRulePlace(ruleId));
}

/** The newest first. */
export function listAlerts(
  executor: Executor,
  filter: { readonly experimentId?: number; readonly runId?: string },
  page: { readonly limit: number; readonly offset: number },
): Promise<MetricAlertRow[]> {
  const { experimentId = null, runId } = filter;
  return executor.rows(sql`
    SELECT a.rule_id AS "ruleId", a.name AS rule, a.metric, ${hexId(sql`f.run_id`)} AS "runId", r.name AS "runName",
      a.experiment_id AS "experimentId", f.step, f.value, f.message, a.stop, f.fired_at AS "firedAt"
    FROM metric_alert f JOIN metric_alert_rule a USING (rule_id) JOIN run r USING (run_id)
    WHERE (${experimentId}::bigint IS NULL OR a.experiment_id = ${experimentId})
      AND (${runId === undefined}::boolean OR f.run_id = ${runId === undefined ? null : asRunId(runId)}::uuid)
    ORDER BY f.fired_at DESC, f.rule_id, f.run_id LIMIT ${page.limit} OFFSET ${page.offset}`);
}

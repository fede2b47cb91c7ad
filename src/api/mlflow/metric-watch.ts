/**
 * Looks at each batch of metrics that a run logs: are there rules about them, and does one not hold? Where no rule names the
 * metric, nothing is asked of the database; which metrics have rules is read anew after a second.
 */

import type { LoggedMetric } from "../../core/tracking/limits.ts";
import { judgeMetric } from "../../core/tracking/metric-alerts.ts";
import { TradewindError } from "../../errors.ts";
import {
  addAlert,
  alertUrl,
  keepWatched,
  rulesForRun,
  type WatchingRule,
  watchedMetrics,
} from "../../store/tracking/metric-alerts.ts";
import { putRunTags } from "../../store/tracking/runs.ts";
import type { ApiParts } from "../parts.ts";
import type { WebhookSender } from "./webhook-sender.ts";

/** How long a new rule may go unseen by a server that did not make it. */
const freshMs = 1000;
/** What a run that broke a rule is found by. */
export const alertTag = "tradewind.alert";

type Parts = Pick<ApiParts, "database" | "secrets" | "clock"> & { readonly webhooks: WebhookSender };

export class MetricWatch {
  readonly #parts: Parts;
  #metrics: { readonly names: Promise<ReadonlySet<string>>; readonly until: number } | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** A rule was made or taken away by this server. */
  changed(): void {
    this.#metrics = null;
  }

  /** @throws TradewindError TW_RUN_STOPPED where a rule that does not hold ends the run. The points are stored. */
  async logged(runId: string, metrics: readonly LoggedMetric[]): Promise<void> {
    const watched = await this.#watched();
    const named = [...new Set(metrics.map(({ key }) => key))].filter((key) => watched.has(key));
    if (named.length === 0) return;
    let stop: string | null = null;
    for (const rule of await rulesForRun(this.#parts.database, runId, named)) {
      const said = rule.alert ?? (await this.#judge(runId, rule, metrics));
      if (rule.stop) stop ??= said === null ? null : `${said} (alert rule "${rule.name}")`;
    }
    if (stop !== null) throw new TradewindError("TW_RUN_STOPPED", `run ${runId} is stopped: ${stop}`);
  }

  #watched(): Promise<ReadonlySet<string>> {
    const { clock, database } = this.#parts;
    if (this.#metrics === null || this.#metrics.until <= clock.now()) {
      const names = watchedMetrics(database);
      this.#metrics = { names, until: clock.now() + freshMs };
      names.catch(() => this.changed());
    }
    return this.#metrics.names;
  }

  async #judge(runId: string, rule: WatchingRule, metrics: readonly LoggedMetric[]): Promise<string | null> {
    const { database, clock } = this.#parts;
    const points = metrics.filter(({ key }) => key === rule.metric);
    const { watched, broken } = judgeMetric(rule, rule.watched, points);
    if (watched !== null && watched !== rule.watched)
      await keepWatched(database, rule.ruleId, runId, watched);
    if (broken === null) return null;
    const isFirst = await addAlert(database, { ...broken, ruleId: rule.ruleId, runId }, clock.now());
    if (!isFirst) return broken.message;
    await putRunTags(database, runId, [{ key: alertTag, value: broken.message }]);
    await this.#tell(runId, rule, broken);
    return broken.message;
  }

  async #tell(
    runId: string,
    rule: WatchingRule,
    { step, value, message }: { step: number; value: number; message: string },
  ): Promise<void> {
    const { database, secrets, webhooks } = this.#parts;
    const url = await alertUrl(database, secrets, rule.ruleId);
    if (url === null) return;
    const { name, metric, stop, experimentId } = rule;
    const data = {
      rule: name,
      metric,
      run_id: runId,
      experiment_id: String(experimentId),
      step,
      value: String(value),
      message,
      stopped: stop,
    };
    // Chats show a message's `text`.
    webhooks.tell({ webhookId: rule.ruleId, url, secret: null }, "run.alerted", {
      text: `${name}: ${message}`,
      ...data,
    });
  }
}

/**
 * Moves rollouts: looks every few seconds at those that are under way, and gives each one step, a wait, or its end.
 *
 * What is decided, and the traffic that follows from it, is committed together, so a server that is killed leaves a
 * rollout at a step and never between two. Several servers may look: a rollout's row is held by one of them at a time.
 *
 *     running ⇄ paused → succeeded | rolled_back | aborted (by hand) | superseded (somebody else changed the traffic)
 */
import type { Logger } from "../../log.ts";
import { addAuditEntry } from "../../store/audit-log.ts";
import type { Database, Executor } from "../../store/connect.ts";
import { outcomesSince, trafficOfGeneration } from "../../store/endpoint-traffic.ts";
import { findEndpoint, latestChanges, moveTraffic } from "../../store/endpoints.ts";
import {
  activeRollouts,
  advanceRollout,
  endRollout,
  lockActiveRollout,
  noteRollout,
  type RolloutRow,
  type RolloutStep,
} from "../../store/rollouts.ts";
import type { Clock, Timer } from "../../time.ts";
import { decideRollout, type RolloutDecision, type RolloutFacts, withShare } from "./rollout-decision.ts";
import { reportTraffic, type VariantReport } from "./traffic-report.ts";

export interface RolloutServiceParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  /** Writes down what this server has counted: a decision should know of it. */
  readonly flush: () => Promise<void>;
}

const lookEveryMs = 5000;

export class RolloutService {
  readonly #parts: RolloutServiceParts;
  #timer: Timer | null = null;
  #looking: Promise<void> | null = null;
  #stopped = false;

  constructor(parts: RolloutServiceParts) {
    this.#parts = parts;
  }

  start(): void {
    if (this.#stopped) return;
    this.#timer = this.#parts.clock.after(lookEveryMs, () => {
      this.#looking = this.runOnce()
        .catch((error: unknown) => this.#parts.log.warn({ err: error }, "rollouts could not be looked at"))
        .then(() => this.start());
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#looking;
  }

  /** One look at every rollout that is under way. */
  async runOnce(): Promise<void> {
    const { database, log } = this.#parts;
    const active = await activeRollouts(database);
    if (active.length === 0) return;
    await this.#parts.flush();
    for (const one of active) {
      try {
        await database.transaction((tx) => this.#look(tx, one));
      } catch (error) {
        // The others are not held up by it; the next look tries again.
        log.warn({ err: error, endpoint: one.endpoint, rollout: one.id }, "a rollout could not be looked at");
      }
    }
  }

  async #look(tx: Executor, at: Pick<RolloutRow, "id" | "endpoint">): Promise<void> {
    const rollout = await lockActiveRollout(tx, at);
    if (rollout === null) return;
    const decision = decideRollout(await rolloutFacts(tx, rollout, this.#parts.clock.now()));
    await this.#carryOut(tx, rollout, decision);
  }

  async #carryOut(tx: Executor, rollout: RolloutRow, decision: RolloutDecision): Promise<void> {
    const by = { now: this.#parts.clock.now(), actor: null };
    const { endpoint, variant } = rollout;
    const { kind, reason } = decision;
    const facts = { endpoint, variant, rollout: rollout.id, reason };
    if (kind === "wait") return noteRollout(tx, rollout.id, reason);
    if (kind === "step") {
      const { weight } = rollout.steps[decision.step] as RolloutStep;
      const variants = withShare(rollout.before, { name: variant, model: rollout.model }, weight);
      const change = { kind: "rollout", variants, reason, generation: rollout.generation } as const;
      const { generation } = await moveTraffic(tx, endpoint, change, by);
      await advanceRollout(tx, rollout, { step: decision.step, generation, reason }, by.now);
      this.#parts.log.info(facts, "a rollout goes on");
    } else if (kind === "roll_back") {
      const change = { kind: "guardrail", variants: rollout.before, reason } as const;
      await moveTraffic(tx, endpoint, { ...change, generation: rollout.generation }, by);
      await endRollout(tx, rollout, { state: "rolled_back", reason }, by);
      const entry = { event: "rollout_rolled_back", owner: "tradewind", extra: JSON.stringify(facts) };
      await addAuditEntry(tx, entry, by.now);
      this.#parts.log.error(facts, "a guardrail was broken; the rollout was taken back");
    } else {
      await endRollout(tx, rollout, { state: kind === "succeed" ? "succeeded" : "superseded", reason }, by);
      this.#parts.log.info(facts, "a rollout has ended");
    }
  }
}

/** What a decision about the rollout is made of. */
export async function rolloutFacts(on: Executor, rollout: RolloutRow, now: number): Promise<RolloutFacts> {
  const { endpoint, generation: own, startedAt, stepStartedAt } = rollout;
  const { generation } = await findEndpoint(on, endpoint);
  const minutes = await trafficOfGeneration(on, { endpoint, generation: own, since: stepStartedAt });
  // A version behind an alias may change within a step: what counts is the variant.
  const reports = reportTraffic(minutes.map((minute) => ({ ...minute, modelVersion: "" })));
  const of = (name: string): VariantReport | null => reports.find((one) => one.variant === name) ?? null;
  const [last = null] = generation === own ? [] : await latestChanges(on, endpoint);
  return {
    rollout,
    generation,
    lastChange: last === null ? "" : [last.kind, last.actor, last.reason].filter(Boolean).join(", "),
    variant: of(rollout.variant),
    baseline: of(rollout.baseline),
    outcomes: await outcomesSince(on, endpoint, startedAt),
    now,
  };
}

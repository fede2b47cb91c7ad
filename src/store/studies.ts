/**
 * Studies and their trials. Changes of one study are serialised by the lock of its row; a batch of them is one
 * transaction, and `revision` lets a reader take only what is new.
 */
import type { Json } from "../core/dag-model.ts";
import type { Executor } from "./connect.ts";
import { defaultLimit, type Listing, type Page } from "./page.ts";
import { instant, instants, json, prepared, sql } from "./sql.ts";

export interface StudyRow {
  readonly id: number;
  readonly name: string;
  readonly spec: { readonly [name: string]: Json };
  readonly revision: number;
  readonly createdAt: number;
}

export interface StudyTrialRow {
  readonly number: number;
  readonly state: string;
  readonly params: { readonly [name: string]: Json };
  readonly distributions: Json;
  readonly values: readonly number[] | null;
  readonly reports: readonly (readonly [step: number, value: number])[];
  readonly attrs: { readonly [name: string]: Json };
  readonly system: { readonly [name: string]: Json };
  readonly worker: string | null;
  readonly error: string | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly heartbeatAt: number | null;
}

export interface StudySummary {
  readonly name: string;
  readonly directions: string[];
  readonly createdAt: number;
  /** How many trials there are, by state. */
  readonly trials: { readonly [state: string]: number };
}

const columns = sql`id, name, spec, revision, created_at AS "createdAt"`;

/** False where a study of that name exists already. */
export async function insertStudy(
  executor: Executor,
  study: { name: string; directions: readonly string[]; spec: Json },
  now: number,
): Promise<boolean> {
  const count = await executor.run(sql`
    INSERT INTO study (name, directions, spec, created_at)
    VALUES (${study.name}, ${[...study.directions]}::text[], ${json(study.spec)}, ${instant(now)})
    ON CONFLICT (name) DO NOTHING`);
  return count === 1;
}

export function findStudy(executor: Executor, name: string): Promise<StudyRow | null> {
  return executor.row(sql`SELECT ${columns} FROM study WHERE name = ${name}`);
}

/** Holds the study until the transaction ends: nobody else changes its trials meanwhile. */
export function lockStudy(tx: Executor, name: string): Promise<StudyRow | null> {
  return tx.row(prepared("study_lock", sql`SELECT ${columns} FROM study WHERE name = ${name} FOR UPDATE`));
}

/** Newest first. */
export async function listStudies(executor: Executor, page: Page = {}): Promise<Listing<StudySummary>> {
  const rows = await executor.rows<StudySummary & { total: number }>(sql`
    SELECT s.name, s.directions, s.created_at AS "createdAt", count(*) OVER () AS total,
      coalesce((SELECT jsonb_object_agg(c.state, c.count)
        FROM (SELECT t.state, count(*) AS count FROM study_trial t WHERE t.study_id = s.id GROUP BY t.state) c), '{}') AS trials
    FROM study s ORDER BY s.created_at DESC, s.id DESC
    LIMIT ${page.limit ?? defaultLimit} OFFSET ${page.offset ?? 0}`);
  const total = rows[0]?.total ?? 0;
  return {
    rows: rows.map(({ name, directions, createdAt, trials }) => ({ name, directions, createdAt, trials })),
    total,
  };
}

/** With its trials. False where there is none. */
export async function deleteStudy(executor: Executor, name: string): Promise<boolean> {
  return (await executor.run(sql`DELETE FROM study WHERE name = ${name}`)) === 1;
}

/** Trials changed after that revision, by number (index study_trial_by_revision). */
export async function readStudyTrials(
  executor: Executor,
  studyId: number,
  after: number,
): Promise<StudyTrialRow[]> {
  type Row = Omit<StudyTrialRow, "reports"> & { steps: number[]; stepValues: number[] };
  const rows = await executor.rows<Row>(
    prepared(
      "study_trials",
      sql`
    SELECT number, state, params, distributions, "values", report_steps AS steps, report_values AS "stepValues", attrs,
      system, worker, error, started_at AS "startedAt", ended_at AS "endedAt", heartbeat_at AS "heartbeatAt"
    FROM study_trial WHERE study_id = ${studyId} AND revision > ${after} ORDER BY number`,
    ),
  );
  return rows.map(({ steps, stepValues, ...row }) => ({
    ...row,
    reports: steps.map((step, at) => [step, stepValues[at] as number] as const),
  }));
}

/** PostgreSQL's text of an array of numbers, NaN and infinities included. */
const arrayText = (numbers: readonly number[]): string => `{${numbers.join(",")}}`;

/** Makes or replaces trials under the study's lock, as the revision after the one that was locked. */
export async function writeStudyTrials(
  tx: Executor,
  study: StudyRow,
  trials: readonly StudyTrialRow[],
): Promise<number> {
  const revision = study.revision + 1;
  await tx.run(
    prepared("study_revision", sql`UPDATE study SET revision = ${revision} WHERE id = ${study.id}`),
  );
  const column = <T>(pick: (trial: StudyTrialRow) => T): T[] => trials.map(pick);
  await tx.run(
    prepared(
      "study_trials_write",
      sql`
    INSERT INTO study_trial (study_id, number, revision, state, params, distributions, "values", report_steps,
      report_values, attrs, system, worker, error, started_at, ended_at, heartbeat_at)
    SELECT ${study.id}, u.number, ${revision}, u.state, u.params, u.distributions, u."values"::float8[], u.steps::integer[],
      u.step_values::float8[], u.attrs, u.system, u.worker, u.error, u.started_at, u.ended_at, u.heartbeat_at
    FROM unnest(${column((t) => t.number)}::integer[], ${column((t) => t.state)}::text[],
      ${column((t) => json(t.params as Json))}::jsonb[],
      ${column((t) => (t.distributions === null ? null : json(t.distributions)))}::jsonb[],
      ${column((t) => (t.values === null ? null : arrayText(t.values)))}::text[],
      ${column((t) => arrayText(t.reports.map(([step]) => step)))}::text[],
      ${column((t) => arrayText(t.reports.map(([, value]) => value)))}::text[],
      ${column((t) => json(t.attrs as Json))}::jsonb[], ${column((t) => json(t.system as Json))}::jsonb[],
      ${column((t) => t.worker)}::text[], ${column((t) => t.error)}::text[],
      ${instants(column((t) => t.startedAt))}::timestamptz[], ${instants(column((t) => t.endedAt))}::timestamptz[],
      ${instants(column((t) => t.heartbeatAt))}::timestamptz[])
      AS u (number, state, params, distributions, "values", steps, step_values, attrs, system, worker, error,
        started_at, ended_at, heartbeat_at)
    ORDER BY u.number
    ON CONFLICT (study_id, number) DO UPDATE SET revision = excluded.revision, state = excluded.state,
      params = excluded.params, distributions = excluded.distributions, "values" = excluded."values",
      report_steps = excluded.report_steps, report_values = excluded.report_values, attrs = excluded.attrs,
      system = excluded.system, worker = excluded.worker, error = excluded.error, started_at = excluded.started_at,
      ended_at = excluded.ended_at, heartbeat_at = excluded.heartbeat_at`,
    ),
  );
  return revision;
}

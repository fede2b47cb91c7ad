/** What the server answers about experiments, runs, models and studies. */
export type * from "../../../src/api/ui/tracking-contract.ts";

import type { Numeric } from "../../../src/api/ui/tracking-contract.ts";
import type { Json } from "./types.ts";

/** A point as MLflow's protocol writes it: infinities are the largest numbers there are. */
export interface WirePoint {
  key: string;
  value: Numeric;
  timestamp: number;
  step: number;
  run_id: string;
}

export interface ModelEvent {
  timestamp: number;
  version: string;
  kind: "created" | "deleted" | "stage" | "alias_set" | "alias_removed";
  stage?: string;
  previous_stage?: string;
  alias?: string;
  previous_version?: string;
  user_id?: string;
}

export interface StudyList {
  studies: {
    name: string;
    directions: ("minimize" | "maximize")[];
    created_at: string;
    trials: { [state: string]: number };
  }[];
  total_entries: number;
}

export type Choice = string | number | boolean | null;
export type StudyParam =
  | { type: "float" | "int"; low: number; high: number; log?: boolean; step?: number }
  | { type: "categorical"; choices: Choice[] };

export interface Study {
  name: string;
  space: { [param: string]: StudyParam } | null;
  directions: ("minimize" | "maximize")[];
  sampler: Json;
  pruner: Json;
  seed: number;
  n_trials: number | null;
  attrs: { [name: string]: Json };
}

export type TrialState = "waiting" | "running" | "complete" | "pruned" | "fail";

export interface Trial {
  number: number;
  state: TrialState;
  params: { [name: string]: Choice };
  values: Numeric[] | null;
  reports: { step: number; value: Numeric }[];
  attrs: { [name: string]: Json };
  worker: string | null;
  error: string | null;
  started_at: string | null;
  ended_at: string | null;
}

/** What the parts of a scheduler share. Put together once, in `scheduler.ts`. */
import type { Executor } from "../executor/executor.ts";
import type { TimetableHost } from "../executor/timetable-host.ts";
import type { Logger } from "../log.ts";
import type { Database } from "../store/connect.ts";
import type { SecretSources } from "../store/environment-secrets.ts";
import type { Secrets } from "../store/secrets.ts";
import type { Clock } from "../time.ts";
import type { AttemptTracking } from "./attempt-tracking.ts";
import type { Engine } from "./engine.ts";
import type { IdPool } from "./id-pool.ts";
import type { SchedulerSettings } from "./settings.ts";
import type { Signals } from "./signals.ts";
import type { Versions } from "./versions.ts";
import type { XComCache } from "./xcom-cache.ts";

export interface Services {
  readonly database: Database;
  readonly secrets: Secrets;
  readonly secretSources: SecretSources;
  readonly executor: Executor;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: SchedulerSettings;
  readonly tracking: AttemptTracking;
  readonly signals: Signals;
  readonly versions: Versions;
  readonly xcoms: XComCache;
  readonly runIds: IdPool;
  readonly triggerIds: IdPool;
  readonly engine: Engine;
  /** Asks timetables of users; null where nothing of theirs may run. */
  readonly timetables: Pick<TimetableHost, "ask"> | null;
  readonly jobId: number;
  readonly hostname: string;
  /** `bytes` random ones. */
  random(bytes: number): Uint8Array;
}

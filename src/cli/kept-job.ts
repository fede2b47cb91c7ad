/** The row of a component that runs. */
import { hostname } from "node:os";
import { endJob, heartbeat, startJob } from "../store/jobs.ts";
import { systemClock, type Timer } from "../time.ts";
import type { OpenedStore } from "./database-command.ts";

interface KeptJob {
  readonly id: number;
  end(): Promise<void>;
}

/** A row that says that a component is alive, kept fresh until it ends. */
export async function keepJob(
  store: OpenedStore,
  kind: "dag-processor" | "triggerer" | "api",
  details: { [key: string]: string },
): Promise<KeptJob> {
  const { database } = store;
  const id = await startJob(
    database,
    { kind, hostname: hostname(), pid: process.pid, details },
    systemClock.now(),
  );
  let timer: Timer;
  const beat = (): void => {
    timer = systemClock.after(
      5000,
      () =>
        void heartbeat(database, id, systemClock.now())
          .catch(() => false)
          .then(beat),
    );
  };
  beat();
  return {
    id,
    async end() {
      timer.cancel();
      await endJob(database, id, "success", systemClock.now()).catch(() => undefined);
    },
  };
}

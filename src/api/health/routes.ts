/** Is it alive, and which version is it: asked by load balancers and monitors, without signing in. */
import { z } from "zod";
import { listJobs } from "../../store/jobs.ts";
import { airflowVersion, version } from "../../version.ts";
import type { ApiApp } from "../app.ts";
import type { ApiParts } from "../parts.ts";

const Status = z.enum(["healthy", "unhealthy"]).nullable();
const Heartbeat = z.iso.datetime({ offset: true }).nullable();

const Health = z
  .object({
    metadatabase: z.object({ status: Status }),
    scheduler: z.object({ status: Status, latest_scheduler_heartbeat: Heartbeat }),
    triggerer: z.object({ status: Status, latest_triggerer_heartbeat: Heartbeat }),
    dag_processor: z.object({ status: Status, latest_dag_processor_heartbeat: Heartbeat }),
  })
  .meta({ id: "HealthInfoResponse" });

const Version = z
  .object({ version: z.string(), git_version: z.string().nullable() })
  .meta({ id: "VersionInfo" });

export function registerHealthRoutes(app: ApiApp, parts: ApiParts): void {
  const health = {
    config: { access: "public" },
    schema: { tags: ["Monitor"], response: { 200: Health } },
  } as const;
  app.get("/api/v2/monitor/health", health, () => healthOf(parts));
  app.get("/health", { ...health, schema: { ...health.schema, hide: true } }, () => healthOf(parts));
  app.get(
    "/api/v2/version",
    { config: { access: "public" }, schema: { tags: ["Version"], response: { 200: Version } } },
    async () => ({ version: airflowVersion, git_version: `tradewind-${version}` }),
  );
}

/** A part that was never started has no status; one whose newest job is silent is unhealthy. */
async function healthOf({ database, clock, config }: ApiParts): Promise<z.input<typeof Health>> {
  const latest = async (kind: "scheduler" | "triggerer" | "dag-processor") => {
    const [job] = await listJobs(database, { kind, limit: 1 });
    if (job === undefined) return { status: null, beat: null };
    const late = clock.now() - job.latestHeartbeat > config.scheduler.healthCheckThreshold * 1000;
    const status = job.state === "running" && !late ? ("healthy" as const) : ("unhealthy" as const);
    return { status, beat: new Date(job.latestHeartbeat).toISOString() };
  };
  try {
    const [scheduler, triggerer, processor] = await Promise.all([
      latest("scheduler"),
      latest("triggerer"),
      latest("dag-processor"),
    ]);
    return {
      metadatabase: { status: "healthy" },
      scheduler: { status: scheduler.status, latest_scheduler_heartbeat: scheduler.beat },
      triggerer: { status: triggerer.status, latest_triggerer_heartbeat: triggerer.beat },
      dag_processor: { status: processor.status, latest_dag_processor_heartbeat: processor.beat },
    };
  } catch {
    const unknown = { status: null };
    return {
      metadatabase: { status: "unhealthy" },
      scheduler: { ...unknown, latest_scheduler_heartbeat: null },
      triggerer: { ...unknown, latest_triggerer_heartbeat: null },
      dag_processor: { ...unknown, latest_dag_processor_heartbeat: null },
    };
  }
}

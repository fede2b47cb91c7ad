/** The list of endpoints, and one endpoint with what its variants did. */
import { z } from "zod";
import { outcomesSince, trafficOfAllSince, trafficSince } from "../../store/endpoint-traffic.ts";
import { findEndpoint, latestChanges, listEndpoints } from "../../store/endpoints.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import type { ApiParts } from "../parts.ts";
import { baselineOf, deploymentItem, metricsOf, sayingsOf, trafficOf } from "./deployment-figures.ts";
import type * as page from "./serving-contract.ts";

const read = { access: can("read", "Registered Models") };
const hourMs = 3_600_000;
const minuteMs = 60_000;
/** Points of a chart. */
const mostSteps = 120;

const Window = z.object({ hours: z.number().positive().max(24).default(1) });

export function registerDeployments(app: ApiApp, { database, clock }: ApiParts): void {
  app.get("/ui/deployments", { config: read }, async (): Promise<page.DeploymentItem[]> => {
    const now = clock.now();
    const [endpoints, minutes, changes] = await Promise.all([
      listEndpoints(database),
      trafficOfAllSince(database, now - hourMs),
      latestChanges(database),
    ]);
    const byName = Map.groupBy(minutes, ({ endpoint }) => endpoint);
    return endpoints.map((endpoint) =>
      deploymentItem(endpoint, {
        minutes: byName.get(endpoint.name) ?? [],
        change: changes.find(({ name }) => name === endpoint.name) ?? null,
        now,
      }),
    );
  });
  const schema = { params: z.object({ name: z.string() }), querystring: Window };
  app.get(
    "/ui/deployments/:name",
    { config: read, schema },
    async ({ params: { name }, query }): Promise<page.Deployment> => {
      const now = clock.now();
      const stepMs = Math.ceil((query.hours * 60) / mostSteps) * minuteMs;
      const to = now - (now % stepMs) + stepMs;
      const from = to - Math.ceil((query.hours * hourMs) / stepMs) * stepMs;
      const endpoint = await findEndpoint(database, name);
      const [change = null] = (await latestChanges(database, name)) ?? [];
      // The minute of the change belongs to both; a guardrail's words are about what came after.
      const judgedFrom =
        Math.ceil((change?.changedAt ?? endpoint.createdAt) / minuteMs) * minuteMs - minuteMs;
      const [minutes, outcomes] = await Promise.all([
        trafficSince(database, name, Math.min(from, judgedFrom)),
        outcomesSince(database, name, from),
      ]);
      const times = Array.from({ length: (to - from) / stepMs }, (_, step) => from + step * stepMs);
      return {
        name,
        description: endpoint.description,
        generation: endpoint.generation,
        variants: endpoint.variants,
        guardrails: endpoint.guardrails,
        createdAt: endpoint.createdAt,
        updatedAt: endpoint.updatedAt,
        baseline: baselineOf(endpoint.variants),
        stepMs,
        times,
        ...trafficOf(endpoint, minutes, { times, stepMs, now }),
        metrics: metricsOf(outcomes, baselineOf(endpoint.variants)),
        sayings: sayingsOf(
          endpoint,
          minutes.filter(({ minute }) => minute >= judgedFrom),
        ),
        lastChange: change,
      };
    },
  );
}

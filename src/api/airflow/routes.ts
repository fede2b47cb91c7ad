/** Airflow's REST API v2, under /api/v2. */
import type { ApiApp } from "../app.ts";
import type { ApiParts } from "../parts.ts";

export function registerAirflowRoutes(_app: ApiApp, _parts: ApiParts): void {}

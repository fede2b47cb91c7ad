/** MLflow's REST API, under /api/2.0/mlflow and /ajax-api/2.0/mlflow. */
import type { ApiApp } from "../app.ts";
import type { ApiParts } from "../parts.ts";

export function registerMlflowRoutes(_app: ApiApp, _parts: ApiParts): void {}

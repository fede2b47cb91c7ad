/** Which view stands at which address. Each comes in a file of its own, when it is first opened. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  type RouteComponent,
} from "@tanstack/react-router";
import { basePath } from "./api/client.ts";
import { Failure, Loading, Page } from "./components/page.tsx";
import { Shell } from "./components/shell.tsx";

const root = createRootRoute({
  component: Shell,
  notFoundComponent: () => (
    <Page title="404">
      <Failure error={new Error(window.location.pathname)} />
    </Page>
  ),
  errorComponent: ({ error }) => <Failure error={error} />,
});

type View = () => Promise<{ View: RouteComponent }>;
const view = (path: string, load: View) =>
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load, "View") });

const dag: View = () => import("./pages/dag.tsx");
const run: View = () => import("./pages/run.tsx");
const task: View = () => import("./pages/task-instance.tsx");
const experiment: View = () => import("./pages/ml/experiment.tsx");
const trackedRun: View = () => import("./pages/ml/tracked-run.tsx");
const model: View = () => import("./pages/ml/model.tsx");
const modelVersion: View = () => import("./pages/ml/model-version.tsx");
const study: View = () => import("./pages/ml/study.tsx");
const deployment: View = () => import("./pages/deployments/deployment.tsx");
const admin: View = () => import("./pages/admin.tsx");

const views = [
  view("/", () => import("./pages/home/home.tsx")),
  view("/login", () => import("./pages/signed-in.tsx")),
  view("/dags", () => import("./pages/dags.tsx")),
  view("/dags/$dagId", dag),
  view("/dags/$dagId/$tab", dag),
  view("/dags/$dagId/tasks/$taskId", () => import("./pages/task.tsx")),
  view("/dags/$dagId/runs/$runId", run),
  view("/dags/$dagId/runs/$runId/$tab", run),
  view("/dags/$dagId/runs/$runId/tasks/$taskId", task),
  view("/dags/$dagId/runs/$runId/tasks/$taskId/mapped/$mapIndex", task),
  view("/dag_runs", () => import("./pages/runs.tsx")),
  view("/task_instances", () => import("./pages/task-instances.tsx")),
  view("/xcoms", () => import("./pages/xcoms.tsx")),
  view("/assets", () => import("./pages/assets.tsx")),
  view("/assets/$assetId", () => import("./pages/asset.tsx")),
  view("/required_actions", () => import("./pages/inbox.tsx")),
  view("/import_errors", () => import("./pages/import-errors.tsx")),
  view("/experiments", () => import("./pages/ml/experiments.tsx")),
  view("/experiments/$experimentId", experiment),
  view("/experiments/$experimentId/$tab", experiment),
  view("/experiments/$experimentId/runs/$runId", trackedRun),
  view("/experiments/$experimentId/runs/$runId/$tab", trackedRun),
  view("/tracked-runs/$runId", trackedRun),
  view("/compare-runs", () => import("./pages/ml/compare-runs.tsx")),
  view("/models", () => import("./pages/ml/models.tsx")),
  view("/models/$name", model),
  view("/models/$name/$tab", model),
  view("/models/$name/versions/$version", modelVersion),
  view("/models/$name/versions/$version/$tab", modelVersion),
  view("/studies", () => import("./pages/ml/studies.tsx")),
  view("/studies/$name", study),
  view("/studies/$name/$tab", study),
  view("/deployments", () => import("./pages/deployments/deployments.tsx")),
  view("/deployments/$name", deployment),
  view("/deployments/$name/$tab", deployment),
  view("/checks", () => import("./pages/checks/checks.tsx")),
  view("/checks/$checkId", () => import("./pages/checks/check.tsx")),
  view("/features", () => import("./pages/features/features.tsx")),
  view("/features/$name", () => import("./pages/features/feature-view.tsx")),
  view("/lineage", () => import("./pages/lineage/lineage.tsx")),
  ...[
    "pools",
    "variables",
    "connections",
    "users",
    "tokens",
    "providers",
    "configs",
    "jobs",
    "plugins",
    "events",
  ].map((what) => view(`/${what}`, admin)),
];

export const router = createRouter({
  routeTree: root.addChildren(views),
  basepath: basePath,
  defaultPendingComponent: () => <Loading />,
  defaultPreload: false,
  scrollRestoration: false,
});

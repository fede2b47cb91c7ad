/** Which pictures there are, and what each shows. */
import type { Page } from "playwright-core";
import type { Shown } from "./run-examples.ts";

export interface Shot {
  /** Of the file in docs/images. */
  readonly name: string;
  readonly path: string;
  /** Stands there when the view is drawn. */
  readonly shows: string;
  readonly theme: "light" | "dark";
  readonly phone?: true;
  prepare?(page: Page): Promise<void>;
}

export function shotsOf({ failedRun, experimentId, trackedRuns, driftCheck, requestId }: Shown): Shot[] {
  const run = `/dags/churn_training/runs/${failedRun}`;
  const compared = `/compare-runs?runs=${trackedRuns.join(",")}&experiments=${experimentId}`;
  const experiment = `/experiments/${experimentId}`;
  return [
    { name: "home", path: "/", shows: "accuracy 0.93 is below", theme: "light" },
    { name: "dags", path: "/dags", shows: "churn_training", theme: "dark" },
    {
      name: "grid",
      path: `/dags/churn_training?run=${failedRun}&task=evaluate`,
      shows: "Open the log",
      theme: "light",
    },
    { name: "graph", path: `${run}/graph`, shows: "evaluate", theme: "dark" },
    { name: "task", path: `${run}/tasks/evaluate`, shows: "Why it failed", theme: "dark" },
    { name: "gantt", path: `${run}/gantt`, shows: "load.events", theme: "light" },
    { name: "code", path: "/dags/churn_training/code", shows: "Trains the churn model", theme: "light" },
    { name: "phone", path: `${run}/tasks/evaluate`, shows: "Why it failed", theme: "light", phone: true },
    {
      name: "experiment",
      path: `${experiment}?flat=1&sort=${encodeURIComponent("metrics.value DESC")}&sel=${trackedRuns.slice(0, 4).join(",")}`,
      shows: "maxDepth",
      theme: "light",
    },
    { name: "parallel", path: `${compared}&tab=parallel`, shows: "maxDepth", theme: "dark" },
    {
      name: "study",
      path: "/studies",
      shows: "complete",
      theme: "light",
      async prepare(page) {
        await page.getByRole("table").getByRole("link").first().click();
        await page.getByText("Importance of parameters").waitFor();
      },
    },
    { name: "deployment", path: "/deployments/penguins", shows: "Canary rollout", theme: "light" },
    { name: "drift", path: `/checks/${driftCheck}`, shows: "bill_length_mm", theme: "light" },
    {
      name: "lineage",
      path: `/lineage?kind=prediction&id=${encodeURIComponent(requestId)}&direction=upstream&depth=10`,
      shows: "Prediction",
      theme: "dark",
    },
  ];
}

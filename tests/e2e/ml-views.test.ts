/** Each view of experiments, runs, models and studies: it draws, axe finds nothing, and a phone shows all of it. */
import { afterAll, beforeAll, describe, it } from "vitest";
import { fillTracking, type TrackedWorld } from "./tracked.ts";
import { expectAccessible, expectFits, Looks } from "./view-checks.ts";
import { browserPath, type PageWorld, startPageWorld, withoutBrowser } from "./world.ts";

/** Path → what stands there. `EXPERIMENT`, `FOREST` and `THREE` are ids. */
const views: { [path: string]: string } = {
  "/experiments": "churn",
  "/experiments/EXPERIMENT": "diverged",
  "/experiments/EXPERIMENT?q=metrics.accuracy+%3E": "The filter cannot be read",
  "/experiments/EXPERIMENT/charts": "Since the start",
  "/experiments/EXPERIMENT/logged-models": "No model was logged yet",
  "/experiments/EXPERIMENT/traces": "There are no traces",
  "/experiments/EXPERIMENT/details": "Nobody has described it yet.",
  "/experiments/EXPERIMENT/runs/FOREST": "Baseline",
  "/experiments/EXPERIMENT/runs/FOREST/metrics": "Smoothing",
  "/experiments/EXPERIMENT/runs/FOREST/artifacts": "Choose a file",
  "/experiments/EXPERIMENT/runs/FOREST/artifacts?file=rows.csv": "Ada, Countess",
  "/experiments/EXPERIMENT/runs/FOREST/artifacts?file=notes.md": "Notes",
  "/experiments/EXPERIMENT/runs/FOREST/artifacts?file=conf%2Fsettings.json": "depth",
  "/experiments/EXPERIMENT/runs/FOREST/artifacts?file=conf%2Ftrain.py": "return",
  "/experiments/EXPERIMENT/runs/FOREST/artifacts?file=plots%2Fconfusion.png": "confusion.png",
  "/compare-runs?runs=THREE": "Since the start",
  "/compare-runs?runs=THREE&tab=parallel": "The colour is that of the last axis",
  "/compare-runs?runs=THREE&tab=scatter": "one colour",
  "/compare-runs?runs=THREE&tab=box": "accuracy",
  "/compare-runs?runs=THREE&tab=diff": "Only what differs",
  "/models": "@champion",
  "/models/churn": "v2",
  "/models/churn/compare": "Signature",
  "/models/churn/history": "was registered",
  "/models/churn/details": "Who is about to",
  "/models/churn/versions/1": "tenure",
  "/models/churn/versions/1/artifacts": "MLmodel",
  "/models/churn/versions/1/history": "Production",
  "/studies": "12 complete",
  "/studies/forest": "Importance of parameters",
  "/studies/forest/parallel": "The colour is that of the last axis",
  "/studies/forest/slices": "rate",
  "/studies/forest/contour": "the surface is guessed",
  "/studies/forest/trials": "best",
};

describe.skipIf(browserPath === null)(`the views of machine learning${withoutBrowser}`, () => {
  let world: PageWorld;
  let tracked: TrackedWorld;
  const looks = new Looks(() => world);
  beforeAll(async () => {
    world = await startPageWorld({});
    tracked = await fillTracking(world);
  }, 120_000);
  afterAll(() => world?.stop());

  for (const [path, words] of Object.entries(views)) {
    const address = (): string => {
      const { forest, linear, boosting } = tracked.runs;
      return path
        .replace("EXPERIMENT", tracked.experimentId)
        .replace("FOREST", forest)
        .replace("THREE", [forest, linear, boosting].join(","));
    };

    it(`draws ${path}, and nobody is shut out`, async () => {
      const window = await looks.show(address(), words, "light", false);
      // A filter that is wrong is refused by the server, which browsers note.
      if (path.includes("?q=")) window.complaints.length = 0;
      await expectAccessible(window);
    });

    it(`fits ${path} on a phone, in the dark`, async () => {
      const window = await looks.show(address(), words, "dark", true);
      if (path.includes("?q=")) window.complaints.length = 0;
      await expectFits(window);
    });
  }
});

/**
 * Hyper-parameters as a study: each trial is an instance of a mapped task, four at a time; the winner is trained on
 * everything. The study is in the database: look at it with GET /api/studies, or go on with it under a name of its own.
 * Where a server keeps track, the study is a run of the experiment "iris forest", and each trial a child of that run.
 */
import { Dag } from "tradewind";
import {
  crossValScore,
  float,
  int,
  loadIris,
  RandomForestClassifier,
  type StudyResult,
  studyTasks,
} from "tradewind/ml";

export const dag = new Dag("study", { description: "A random forest tuned on iris", tags: ["ml"] });

const tuned = studyTasks(
  dag,
  "tune",
  {
    direction: "maximize",
    space: { maxDepth: int(1, 6), nEstimators: int(5, 40, { step: 5 }), maxFeatures: float(0.25, 0.99) },
    nTrials: 12,
    seed: 1,
    experiment: "iris forest",
    trial: { retries: 1, retryDelay: { seconds: 1 } },
  },
  async ({ params }) => {
    const { x, y } = await loadIris();
    const scores = crossValScore(new RandomForestClassifier().withParams(params), x, y);
    return scores.reduce((sum, score) => sum + score, 0) / scores.length;
  },
);

const train = dag.task("train", async ({ tuned }: { tuned: StudyResult }) => {
  const { x, y } = await loadIris();
  const forest = new RandomForestClassifier().withParams(tuned.bestParams ?? {}).fit(x, y);
  return { trees: forest.trees.length, crossValidated: tuned.bestValue, trials: tuned.trials };
});
train({ tuned });

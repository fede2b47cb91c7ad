/** A pipeline in TypeScript whose model is trained by a Python function, and a report by a Python script. */
import { Dag, getContext } from "tradewind";

const dag = new Dag("mixed_languages", { schedule: null, tags: ["example"] });

const flowers = dag.task("flowers", async () => [
  { petal: 1.4, species: "setosa" },
  { petal: 1.3, species: "setosa" },
  { petal: 4.7, species: "versicolor" },
  { petal: 4.5, species: "versicolor" },
]);

type Model = { centres: { [species: string]: number }; trained: string };

const model = dag.python<Model>("steps.py:train", { rows: flowers(), run: "{{ run_id }}" }, { retries: 1 });

const classify = dag.task("classify", async ({ model, petal }: { model: Model; petal: number }) => {
  getContext().logger.info(`trained in ${model.trained}`);
  const distance = (species: string) => Math.abs((model.centres[species] ?? 0) - petal);
  return Object.keys(model.centres).sort((a, b) => distance(a) - distance(b))[0];
});

const species = classify({ model, petal: 4.6 });
dag.python("report.py", {}, { taskId: "report", argv: ["--title", "{{ dag.dag_id }}"] }).after(species);

/** What the tasks of the whole loop do. */
import { join } from "node:path";
import { getContext } from "tradewind";
import {
  logInput,
  logParams,
  RandomForestClassifier,
  readCsv,
  saveModelPackage,
  snapshotOf,
  type Table,
  trainTestIndices,
  withRun,
} from "tradewind/ml";

export const features = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"];
const target = "species";

/** Birds that were measured whole, with the columns that count. */
async function penguins(): Promise<Table> {
  const all = await readCsv(join(import.meta.dirname, "penguins.csv"));
  const rows = Array.from({ length: all.rows }, (_, row) => row).filter((row) =>
    features.every((name) => all.value(name, row) !== null),
  );
  return all.select(rows).without(all.names.filter((name) => name !== target && !features.includes(name)));
}

/** The same quarter every time: what a model is judged by, it has never seen. */
async function split(): Promise<{ train: Table; test: Table }> {
  const table = await penguins();
  const { train, test } = trainTestIndices(table.rows, { testSize: 0.25, seed: 7 });
  return { train: table.select(train), test: table.select(test) };
}

export async function holdOut(): Promise<{ table: Table; target: string }> {
  return { table: (await split()).test, target };
}

export async function trainingFeatures(): Promise<Table> {
  return (await split()).train.without([target]);
}

/** Fits a forest and returns the folder of its package; its seed is the run's, so that each version is another one. */
export async function fitForest(): Promise<string> {
  const { runId, logger } = getContext();
  const { train } = await split();
  const { classes, codes } = labelsOf(train);
  const seed = [...runId].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 100_000, 7);
  const options = { nEstimators: 50, seed };
  const model = await withRun({ experiment: "penguins" }, async () => {
    // Leads from an answer of the endpoint back to these birds.
    await logInput(snapshotOf(train, "penguins"), { context: "training" });
    await logParams(options);
    return new RandomForestClassifier(options).fit(train.matrix(features), codes);
  });
  logger.info("fitted a forest", { rows: train.rows });
  const folder = join(import.meta.dirname, "data", runId.replaceAll(/[^\w.+-]/g, "_"), "model");
  await saveModelPackage(folder, model, {
    inputs: features.map((name) => ({ name })),
    labels: classes,
    inputExample: [39.1, 18.7, 181, 3750],
  });
  return folder;
}

function labelsOf(table: Table): { classes: string[]; codes: Float64Array } {
  const species = table.texts(target).map(String);
  const classes = [...new Set(species)].sort();
  return { classes, codes: Float64Array.from(species, (one) => classes.indexOf(one)) };
}

/**
 * Many Airflow Dag files: how long the first listing takes, what an unchanged folder costs, and how soon an edit is seen.
 *
 *     node bench/dag-files.ts [files]          # 1000
 *
 * Needs Python; TRADEWIND_TEST_PYTHON names another than python3.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { DagProcessor } from "../src/dag-processor/dag-processor.ts";
import type { FileOutcome } from "../src/dag-processor/outcome.ts";
import { silentLog } from "../src/log.ts";
import { systemClock } from "../src/time.ts";

const count = Number(process.argv[2] ?? 1000);
const root = mkdtempSync(join(tmpdir(), "tw-bench-dags-"));

function dagText(n: number, more = ""): string {
  return `from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator

with DAG("dag_${n}", start_date=datetime(2024, 1, 1), schedule="@daily", catchup=False) as dag:
    tasks = [PythonOperator(task_id=f"step_{i}", python_callable=print) for i in range(5)]
    tasks[0] >> tasks[1:4] >> tasks[4] >> BashOperator(task_id="end", bash_command="echo {{ ds }}")
${more}`;
}

for (let n = 0; n < count; n++) writeFileSync(join(root, `dag_${n}.py`), dagText(n));
const outcomes: FileOutcome[] = [];
let stored: (outcome: FileOutcome) => void = () => undefined;
const processor = new DagProcessor({
  dagsFolder: root,
  versionsFolder: join(root, ".versions"),
  sink: {
    owners: async () => [],
    keepOnly: async () => undefined,
    async store(outcome) {
      outcomes.push(outcome);
      stored(outcome);
    },
  },
  clock: systemClock,
  log: silentLog(),
  environment: process.env,
  importTimeout: 30,
  pollSeconds: 600,
  idleSeconds: 5,
  filesPerChild: 100,
  parallelism: 2,
  python: { interpreter: process.env["TRADEWIND_TEST_PYTHON"] ?? "python3", idleSeconds: 600 },
});

const elapsed = async (work: () => Promise<void>): Promise<number> => {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
};

// The watch keeps no process alive, and while it waits for an edit nothing else does.
const alive = setInterval(() => undefined, 1000);
const first = await elapsed(() => processor.start());
const imported = outcomes.length;
const failed = outcomes.filter(({ problem }) => problem !== null).length;
const unchanged = await elapsed(() => processor.runOnce());
const again = outcomes.length - imported;
const edits: number[] = [];
for (let n = 0; n < 10; n++) {
  const seen = new Promise<void>((resolve) => {
    stored = ({ relativeFile }) => relativeFile === `dag_${n}.py` && resolve();
  });
  edits.push(
    await elapsed(async () => {
      writeFileSync(join(root, `dag_${n}.py`), dagText(n, `# edited ${n}\n`));
      await seen;
    }),
  );
}
edits.sort((a, b) => a - b);
clearInterval(alive);
await processor.stop();
rmSync(root, { recursive: true, force: true });
console.log(
  `files                        ${count}, of which ${failed} failed; load ${loadavg()[0]?.toFixed(1)}`,
);
console.log(
  `first listing                ${(first / 1000).toFixed(1)} s, ${(first / count).toFixed(1)} ms a file`,
);
console.log(`a pass where nothing changed ${unchanged.toFixed(0)} ms, ${again} imports`);
console.log(
  `an edit is seen after        ${edits[5]?.toFixed(0)} ms (median of 10), ${edits[9]?.toFixed(0)} ms at most`,
);

/**
 * The lists and grids of a fleet with a history, asked of Tradewind and of a real Airflow's API server, one after the
 * other, over equally many rows and with the same settings of PostgreSQL:
 *
 *     node scripts/bootstrap.mjs bench/lists.ts --airflow            # 500 Dags × 200 runs × 30 tasks: 3 000 000 instances
 *     node scripts/bootstrap.mjs bench/lists.ts --runs 20 --match dagRuns --home FOLDER
 *
 * prints a table for docs/benchmarks.md. Each server is a process of its own. `--home` keeps Tradewind's rows for the next
 * time; `--match` asks only what has this text in its name. Airflow is that of `bench/peers/install.mjs --airflow`; with
 * three million rows on both sides it takes half an hour.
 */
import { parseArgs } from "node:util";
import { airflowLists } from "./lists/airflow.ts";
import { type Asked, ask, type Server } from "./lists/ask.ts";
import { type Question, questionsOf } from "./lists/questions.ts";
import { tradewindLists } from "./lists/tradewind.ts";
import { machine } from "./machine.ts";
import { number } from "./report.ts";

const { values: flags } = parseArgs({
  options: {
    airflow: { type: "boolean", default: false },
    runs: { type: "string", default: "200" },
    times: { type: "string", default: "20" },
    match: { type: "string", default: "" },
    home: { type: "string" },
  },
});

const size = { dags: 500, runsOfEach: Number(flags.runs), tasks: 30 };
const questions = questionsOf(size).filter(({ name }) => name.includes(flags.match));

type Answers = ReadonlyMap<string, Asked>;

async function answersOf(
  server: Server,
  stepsOf: (question: Question) => Question["airflow"],
): Promise<Answers> {
  const answers = new Map<string, Asked>();
  try {
    for (const question of questions) {
      const steps = stepsOf(question);
      if (steps === undefined) continue;
      const asked = await ask(server, steps, Number(flags.times));
      answers.set(question.name, asked);
      console.error(`${server.name}: ${question.name}: ${number(asked.p50)} ms`);
    }
  } finally {
    await server.stop();
  }
  return answers;
}

function table(columns: ReadonlyMap<string, Answers>): string {
  const names = [...columns.keys()];
  const cells = (question: Question): string[] =>
    [...columns.values()].flatMap((answers) => {
      const found = answers.get(question.name);
      return found === undefined
        ? ["", "", ""]
        : [number(found.p50), number(found.p95), number(found.kilobytes)];
    });
  return [
    `| | wanted, ms | ${names.map((name) => `${name}: p50, ms | p95 | kB`).join(" | ")} |`,
    `| --- | ---: |${names.map(() => " ---: | ---: | ---: |").join("")}`,
    ...questions.map(
      (question) => `| ${question.name} | ≤ ${question.target} | ${cells(question).join(" | ")} |`,
    ),
  ].join("\n");
}

const here = machine();
const columns = new Map<string, Answers>();
columns.set(
  "Tradewind",
  await answersOf(await tradewindLists(size, flags.home), ({ tradewind }) => tradewind),
);
if (flags.airflow)
  columns.set("Airflow 3.3", await answersOf(await airflowLists(size), ({ airflow }) => airflow));
const instances = size.dags * size.runsOfEach * size.tasks;
console.log(
  `${new Date().toISOString().slice(0, 16).replace("T", " ")}, ${instances} task instances, ${here.cores} × ${here.cpu}, ` +
    `load average ${here.loadBefore} before, one core takes ${number(here.fibo33Ms)} ms for fibo(33).\n`,
);
console.log(table(columns));
process.exit();

import { appendFileSync } from "node:fs";
import {
  BaseNotifier,
  BashOperator,
  Dag,
  type GroupInputs,
  getContext,
  Param,
  SkipException,
  type TaskContext,
} from "tradewind";

const note = (what: string) => (context: TaskContext) => {
  context.logger.info(`${what} ${context.taskId}: ${context.reason ?? ""}`);
};

class LogNotifier extends BaseNotifier {
  override readonly templateFields = ["text"];
  readonly text: string;
  constructor(text: string) {
    super();
    this.text = text;
  }
  notify(context: TaskContext): void {
    context.logger.info(this.text);
  }
}

const dag = new Dag("inputs", {
  params: { n: new Param(3, { type: "integer", minimum: 1 }), name: "x" },
  userDefinedMacros: { twice: (n: number) => 2 * n },
});

const list = dag.task("list", () => [1, 2, 3])();
const table = dag.task("table", () => ({ a: 1, b: 2 }))();
const add = dag.task("add", ({ a, b }: { a: number; b: number[] }) => a + b.length);
add({ a: 5, b: list });

const square = dag.task("square", ({ x }: { x: number }) => x * x);
const squares = square.expand({ x: list });
dag.task("sum", ({ values }: { values: number[] }) => values.reduce((a, b) => a + b, 0))({ values: squares });
dag.task("cross", ({ x, y }: { x: number; y: string }) => `${x}${y}`).expand({ x: list, y: ["a", "b"] });
dag.task("pair", ({ entry }: { entry: [string, number] }) => entry).expand({ entry: table });
dag
  .task("stepped", ({ item }: { item: [number, string] }) => item)
  .expand({
    item: list
      .map((x) => {
        if (x === 2) throw new SkipException("no twos");
        return x * 10;
      })
      .zip(["p", "q", "r"] as string[]),
  });
dag.task("joined", ({ item }: { item: number }) => item).expand({ item: list.concat(squares) });
dag.task("over_mapped", ({ x }: { x: number }) => -x).expand({ x: squares });
dag
  .task("labelled", ({ file }: { file: string }) => file.length, {
    mapIndexTemplate: "{{ file }} of {{ dag.dag_id }}",
  })
  .expand({
    file: ["one.csv", "two.csv"],
  });

const group = dag.taskGroup("group", (scope, { x }: GroupInputs<{ x: number }>) => {
  const first = scope.task("first", ({ x }: { x: number }) => x + 1)({ x });
  return scope.task("second", ({ y }: { y: number }) => y * 2)({ y: first });
});
group.expand({ x: list });

dag.task("params", () => getContext().params)();
dag.add(
  new BashOperator({
    taskId: "bash",
    bashCommand:
      "echo start; echo {{ ds }} {{ params.name }} {{ twice(params.n) }} $EXTRA {{ ti.xcom_pull('list') }}",
    env: { EXTRA: "{{ var.value.extra }}" },
    appendEnv: true,
  }),
);
dag.add(new BashOperator({ taskId: "bash_sleeps", bashCommand: "echo $$; sleep 60" }));
dag.add(
  new BashOperator({
    taskId: "bash_cleans",
    bashCommand: "trap 'sleep 1; echo cleaned; exit 1' TERM; echo $$; sleep 60 & wait",
  }),
);
dag.add(
  new BashOperator({ taskId: "bash_ignores", bashCommand: "trap '' TERM; echo $$; sleep 60; sleep 60" }),
);
dag.add(new BashOperator({ taskId: "bash_undefined", bashCommand: "echo {{ nope }}" }));
dag.add(new BashOperator({ taskId: "bash_file", bashCommand: "script.sh" }));
dag.add(
  BashOperator.partial({ taskId: "bash_mapped", env: { A: "{{ ds }}" } }).expand({
    bashCommand: ["echo one {{ ds }}", "echo two"],
  }),
);

const callbacks = {
  onExecuteCallback: note("executing"),
  onSuccessCallback: [note("success"), new LogNotifier("told of {{ ti.task_id }} on {{ ds }}")],
  onFailureCallback: note("failure"),
  onRetryCallback: note("retry"),
  onSkippedCallback: note("skipped"),
};
dag.task("good", () => 1, callbacks)();
dag.task(
  "bad",
  () => {
    throw new Error("broke");
  },
  callbacks,
)();
dag.task(
  "skips",
  () => {
    throw new SkipException("not today");
  },
  callbacks,
)();
dag.task("callback_fails", () => 1, {
  onSuccessCallback: () => {
    throw new Error("callback broke");
  },
})();
dag.task(
  "hooks",
  () => {
    appendFileSync("/dev/null", "x");
    return 1;
  },
  {
    preExecute: (context) => context.logger.info("before"),
    postExecute: (context, result) => context.logger.info(`after ${String(result)}`),
  },
)();

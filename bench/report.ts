/** Figures as a table for the terminal, as Markdown and as JSON. */
import { type Figure, meets } from "./figures.ts";
import type { Machine } from "./machine.ts";

function messages({ messageMicroseconds: micros }: Machine): string {
  return micros ? `, a message to another process and back ${number(micros)} µs` : "";
}

export interface Results {
  readonly measuredAt: string;
  readonly machine: Machine;
  readonly quick: boolean;
  readonly figures: readonly Figure[];
}

export function number(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

const targetOf = ({ target, unit }: Figure): string =>
  target === undefined ? "" : `${target.sense} ${target.value} ${unit}`;

const verdict = (figure: Figure): string => ({ true: "met", false: "missed", null: "" })[`${meets(figure)}`];

export function line(figure: Figure): string {
  const { workload, engine, isolation, name, value, unit } = figure;
  const words = [
    workload.padEnd(4),
    `${engine} (${isolation})`.padEnd(31),
    name.padEnd(58),
    `${number(value)} ${unit}`.padStart(16),
    targetOf(figure).padStart(17),
    verdict(figure),
  ];
  return words.join(" ").trimEnd();
}

export function markdown(
  { machine, measuredAt, quick, figures }: Results,
  titles: ReadonlyMap<string, string>,
): string {
  const workloads = [...new Set(figures.map(({ workload }) => workload))];
  return [
    `Measured ${measuredAt.slice(0, 10)} at ${machine.commit} on ${machine.cores} × ${machine.cpu}, ${machine.memoryGiB} GiB, ` +
      `${machine.system}, Node ${machine.node}, PostgreSQL ${machine.postgres}; load average ${machine.loadBefore} before the first ` +
      `workload; one core takes ${number(machine.fibo33Ms)} ms for fibo(33)${messages(machine)}${quick ? "; a quick run with few repetitions" : ""}.`,
    ...workloads.map((id) =>
      section(
        id,
        titles.get(id) ?? "",
        figures.filter(({ workload }) => workload === id),
      ),
    ),
  ].join("\n\n");
}

function section(id: string, title: string, figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { engine, isolation, name, value, unit, note } = figure;
    const noted = note === undefined ? name : `${name} (${note})`;
    return `| ${engine} | ${isolation} | ${noted} | ${number(value)} ${unit} | ${targetOf(figure)} | ${verdict(figure)} |`;
  });
  return [
    `## ${id}: ${title}`,
    "",
    "| engine | class | figure | value | target | |",
    "| --- | --- | --- | ---: | ---: | --- |",
    ...rows,
  ].join("\n");
}

/** The figures of several engines beside each other, as a table in Markdown: a row for each name. */
export function besideEachOther(figures: readonly Figure[]): string {
  const engines = [...new Set(figures.map(({ engine }) => engine))];
  const rows = [...Map.groupBy(figures, ({ name }) => name)].map(([name, own]) => {
    const cells = engines.map((engine) => {
      const figure = own.find((one) => one.engine === engine);
      return figure === undefined ? "" : `${number(figure.value)} ${figure.unit}`;
    });
    return `| ${[name, ...cells].join(" | ")} |`;
  });
  return [`| | ${engines.join(" | ")} |`, `| --- |${engines.map(() => " ---: |").join("")}`, ...rows].join(
    "\n",
  );
}

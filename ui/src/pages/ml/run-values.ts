/** Params and metrics of runs as axes of charts: numbers where all of them are numbers, else texts. */
import type { RunFacts } from "../../api/tracking-types.ts";
import { numberOf } from "../../components/numbers.ts";

export interface RunAxis {
  /** `params.lr` or `metrics.loss`. */
  id: string;
  name: string;
  isNumeric: boolean;
  /** One for each run; null where it has none. */
  values: (number | string | null)[];
}

const isNumber = (text: string): boolean => text.trim() !== "" && Number.isFinite(Number(text));

export function axesOf(runs: readonly RunFacts[]): RunAxis[] {
  const params = keysOf(runs.map(({ params }) => params)).map((key) =>
    axisOf(
      `params.${key}`,
      key,
      runs.map(({ params }) => params.find((one) => one.key === key)?.value ?? null),
    ),
  );
  const metrics = keysOf(runs.map(({ metrics }) => metrics)).map((key): RunAxis => {
    const values = runs.map(({ metrics }) => {
      const value = numberOf(metrics.find((one) => one.key === key)?.value);
      return Number.isFinite(value) ? value : null;
    });
    return { id: `metrics.${key}`, name: key, isNumeric: true, values };
  });
  return [...params, ...metrics];
}

function keysOf(lists: readonly (readonly { key: string }[])[]): string[] {
  return [...new Set(lists.flatMap((list) => list.map(({ key }) => key)))].sort();
}

function axisOf(id: string, name: string, texts: readonly (string | null)[]): RunAxis {
  const isNumeric =
    texts.every((text) => text === null || isNumber(text)) && texts.some((text) => text !== null);
  return {
    id,
    name,
    isNumeric,
    values: isNumeric ? texts.map((text) => (text === null ? null : Number(text))) : [...texts],
  };
}

/** Has more than one value: what is the same in all runs says nothing. */
export const varies = ({ values }: RunAxis): boolean =>
  new Set(values.filter((value) => value !== null)).size > 1;

/** A list of names in an address. */
export function namesIn(text: string | undefined): string[] | null {
  if (text === undefined) return null;
  try {
    const list = JSON.parse(text) as unknown;
    return Array.isArray(list) ? list.map(String) : null;
  } catch {
    return null;
  }
}

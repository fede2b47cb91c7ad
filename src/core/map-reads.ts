/** Which elements of what upstream tasks returned an instance of a mapped task is made of. */
import type { MapSpec, ValueSpec, XComRef } from "./dag-model.ts";
import { lengthOfValue } from "./mapping.ts";

export interface ElementRead {
  readonly taskId: string;
  readonly key: string;
  readonly index: number;
}

/** How much a task returned; null where that is not known. */
export type ReturnedLength = (taskId: string) => number | null;

/** All that one instance reads, so that nobody has to read whole lists for it; null where a length is not known. */
export function elementsRead(
  mapped: MapSpec,
  mapIndex: number,
  lengthOf: ReturnedLength,
): ElementRead[] | null {
  const sources = "expand" in mapped ? Object.values(mapped.expand) : [mapped.expandKwargs];
  const reads: ElementRead[] = [];
  let rest = mapIndex;
  for (const [at, source] of sources.toReversed().entries()) {
    // The first argument runs slowest: what the others leave is its index.
    if (at === sources.length - 1) return readValue(source, rest, lengthOf, reads) ? reads : null;
    const length = lengthOfValue(source, lengthOf);
    if (length === null || length === 0) return null;
    if (!readValue(source, rest % length, lengthOf, reads)) return null;
    rest = Math.floor(rest / length);
  }
  return reads;
}

/** Tasks whose lengths say which elements an instance reads; none where its index alone does. */
export function lengthsRead(mapped: MapSpec): string[] {
  const sources = "expand" in mapped ? Object.values(mapped.expand) : [mapped.expandKwargs];
  const joins = sources.some(
    (source) => "xcom" in source && source.xcom.steps?.some((step) => !("map" in step)),
  );
  return sources.length === 1 && !joins ? [] : [...new Set(sources.flatMap(tasksOf))];
}

function tasksOf(value: ValueSpec): string[] {
  if (!("xcom" in value)) return [];
  return [value.xcom.taskId, ...(value.xcom.steps ?? []).flatMap(othersOf).flatMap(tasksOf)];
}

function othersOf(step: NonNullable<XComRef["steps"]>[number]): readonly ValueSpec[] {
  if ("map" in step) return [];
  return "zip" in step ? step.zip.others : step.concat.others;
}

/** False where a length is not known. */
function readValue(value: ValueSpec, index: number, lengthOf: ReturnedLength, reads: ElementRead[]): boolean {
  return !("xcom" in value) || readSteps(value.xcom, index, lengthOf, reads);
}

function readSteps(ref: XComRef, index: number, lengthOf: ReturnedLength, reads: ElementRead[]): boolean {
  const { taskId, key, steps = [] } = ref;
  const last = steps.at(-1);
  if (last === undefined) {
    reads.push({ taskId, key, index });
    return true;
  }
  const before: ValueSpec = { xcom: { taskId, key, steps: steps.slice(0, -1) } };
  if ("map" in last) return readValue(before, index, lengthOf, reads);
  let from = 0;
  for (const part of [before, ...othersOf(last)]) {
    const length = lengthOfValue(part, lengthOf);
    if (length === null) return false;
    const at = index - from;
    // What a zip is filled with beyond its shorter parts is nobody's element.
    if (at < length && !readValue(part, at, lengthOf, reads)) return false;
    if ("zip" in last) continue;
    if (at < length) return true;
    from += length;
  }
  return true;
}

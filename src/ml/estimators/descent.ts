/**
 * Samples that go down four trees at the same time, in WebAssembly: what a walk costs is waiting for the next node, and four
 * of them wait together.
 */
import {
  atMost,
  type Code,
  copy,
  eachOf,
  get,
  int32,
  intAt,
  type Kernel,
  less,
  loop,
  not,
  numberAt,
  openKernel,
  orInt,
  plus,
  set,
  shiftLeft,
  storeInt,
  sum,
  when,
  xor,
} from "./vector-code.ts";

/** Trees that are gone down at the same time. */
export const abreast = 4;
/** A threshold; then how far behind its first value a sample has what is compared with it, and where the left child is. */
export const nodeBytes = 16;

/** Addresses are bytes from the start of the memory. */
export interface DescentInput {
  /** The root of each of the four trees. The right child of a node follows the left one; a leaf's child is itself. */
  readonly roots: readonly [number, number, number, number];
  readonly samples: number;
  /** At least one. */
  readonly count: number;
  readonly sampleBytes: number;
  /** Where the leaves go: four addresses of nodes for each sample. */
  readonly leaves: number;
  /** Levels that no leaf lies above, at least one, and whether some lie below. */
  readonly levels: number;
  readonly isUneven: boolean;
}

// Locals: the ten parameters, then integers.
const root = (tree: number): number => tree;
const [samples, count, sampleBytes, leaves, levels, isUneven] = [4, 5, 6, 7, 8, 9];
const node = (tree: number): number => 10 + tree;
const next = (tree: number): number => 14 + tree;
const level = 18;

const eachTree = (code: (tree: number) => Code): Code => eachOf(abreast, code);

const below = (tree: number): Code => {
  const value = numberAt(sum(get(samples), intAt(get(node(tree)), 8)), 0);
  const goesRight = not(atMost(value, numberAt(get(node(tree)), 0)));
  return sum(intAt(get(node(tree)), 12), shiftLeft(goesRight, 4));
};

const moved = (tree: number): Code => xor(get(node(tree)), get(next(tree)));

const oneSample: Code = [
  ...eachTree((tree) => copy(root(tree), node(tree))),
  ...copy(levels, level),
  ...loop(
    eachTree((tree) => [...below(tree), ...set(node(tree))]),
    less(level),
  ),
  ...when(
    get(isUneven),
    loop(
      [
        ...eachTree((tree) => [...below(tree), ...set(next(tree))]),
        ...orInt(orInt(moved(0), moved(1)), orInt(moved(2), moved(3))),
        ...set(level),
        ...eachTree((tree) => copy(next(tree), node(tree))),
      ],
      get(level),
    ),
  ),
  ...eachTree((tree) => storeInt(leaves, get(node(tree)), 4 * tree)),
  ...plus(leaves, 4 * abreast),
  ...sum(get(samples), get(sampleBytes)),
  ...set(samples),
];

const kernel: Kernel = {
  parameters: Array<number>(10).fill(int32),
  locals: [[9, int32]],
  body: [...loop(oneSample, less(count)), 0x41, 0],
};

export interface Descent {
  readonly memory: Float64Array;
  run(input: DescentInput): void;
}

/** @param bytes Size of the memory. */
export function openDescent(bytes: number): Descent {
  const { memory, run } = openKernel(kernel, bytes);
  return {
    memory,
    run(input) {
      const places = [input.samples, input.count, input.sampleBytes, input.leaves];
      run(...input.roots, ...places, input.levels, input.isUneven ? 1 : 0);
    },
  };
}

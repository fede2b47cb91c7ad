/**
 * The nearest of some centres for each of many samples, in WebAssembly: it multiplies four samples with four centres at a
 * time, keeps the best two scores of each sample, and tells only of the samples whose centre is another than before.
 */
import { blockBytes, lanes } from "./near-scan.ts";
import {
  add,
  any,
  atLeast,
  type Code,
  choose,
  copy,
  differs,
  eachOf,
  float64,
  get,
  greater,
  int32,
  type Kernel,
  larger,
  less,
  load,
  loadTwice,
  localTwice,
  loop,
  multiplyAdd,
  openKernel,
  or,
  plus,
  set,
  smaller,
  store,
  storeInt,
  subtract,
  twice,
  vector,
  when,
} from "./vector-code.ts";

/** Addresses are bytes from the start of the memory, multiples of 16. */
export interface CentreScanInput {
  /** The first panel of four samples, as `placePanels` places them; what stands before their values does not count. */
  readonly panels: number;
  /** How many panels there are, at least one. */
  readonly count: number;
  readonly features: number;
  /** For each four centres: minus half their squared norms, then for each feature their values. */
  readonly centres: number;
  /** How many times four centres there are; those past the last have a norm that is infinite. */
  readonly blocks: number;
  /** For each sample the number of its centre, −1 where two are nearly as near. Read, and written where it changes. */
  readonly labels: number;
  /** Room for the numbers of as many panels, 32 bits each. */
  readonly changed: number;
  /** How much better than the second the best score has to be. */
  readonly unsure: number;
}

export interface CentreScan {
  readonly memory: Float64Array;
  /** Writes which panels have a sample with another centre, or with −1, and returns their number. */
  scan(input: CentreScanInput): number;
}

// Locals: the eight parameters, six integers, then vectors.
const [panels, count, features, centres, blocks, labels, changed, unsure] = [0, 1, 2, 3, 4, 5, 6, 7];
const [panel, query, feature, block, found, index] = [8, 9, 10, 11, 12, 13];
/** Two vectors a centre: of the first two samples, and of the others. */
const score = (lane: number, half: number): number => 14 + 2 * lane + half;
const [left, right, factor, number, one, margin] = [22, 23, 24, 25, 26, 27];
const best = (half: number): number => 28 + half;
const second = (half: number): number => 30 + half;
const label = (half: number): number => 32 + half;
const doubtful = (half: number): number => 34 + half;

const eachLane = (code: (lane: number) => Code): Code => eachOf(lanes, code);
const eachHalf = (code: (half: number) => Code): Code => eachOf(2, code);

const oneFeature: Code = [
  ...load(panel, 0),
  ...set(left),
  ...load(panel, 16),
  ...set(right),
  ...eachLane((lane) => [
    ...loadTwice(query, 8 * lane),
    ...set(factor),
    ...eachHalf((half) => [
      ...get(factor),
      ...get(half === 0 ? left : right),
      ...get(score(lane, half)),
      ...multiplyAdd,
      ...set(score(lane, half)),
    ]),
  ]),
  ...plus(panel, blockBytes),
  ...plus(query, blockBytes),
];

/** Keeps the best two scores, and whose the best is: of equal ones the first. */
const compare = (lane: number, half: number): Code => [
  ...get(number),
  ...get(label(half)),
  ...get(score(lane, half)),
  ...get(best(half)),
  ...greater,
  ...choose,
  ...set(label(half)),
  ...get(second(half)),
  ...get(best(half)),
  ...get(score(lane, half)),
  ...smaller,
  ...larger,
  ...set(second(half)),
  ...get(best(half)),
  ...get(score(lane, half)),
  ...larger,
  ...set(best(half)),
];

const oneBlock: Code = [
  ...eachLane((lane) => eachHalf((half) => [...loadTwice(query, 8 * lane), ...set(score(lane, half))])),
  ...plus(query, blockBytes),
  ...copy(panels, panel),
  ...plus(panel, blockBytes),
  ...copy(features, feature),
  ...loop(oneFeature, less(feature)),
  ...eachLane((lane) => [
    ...eachHalf((half) => compare(lane, half)),
    ...get(number),
    ...get(one),
    ...add,
    ...set(number),
  ]),
];

const doubt = (half: number): Code => [
  ...get(second(half)),
  ...get(best(half)),
  ...get(margin),
  ...subtract,
  ...atLeast,
  ...set(doubtful(half)),
  ...twice(-1),
  ...get(label(half)),
  ...get(doubtful(half)),
  ...choose,
  ...set(label(half)),
];

const isNews: Code = [
  ...eachHalf((half) => [
    ...get(label(half)),
    ...load(labels, 16 * half),
    ...differs,
    ...get(doubtful(half)),
    ...or,
    ...(half === 0 ? [] : or),
  ]),
  ...any,
];

const tell: Code = [
  ...eachHalf((half) => store(labels, 16 * half, get(label(half)))),
  ...storeInt(changed, get(index)),
  ...plus(changed, 4),
  ...plus(found, 1),
];

const onePanel: Code = [
  ...eachHalf((half) => [
    ...twice(Number.NEGATIVE_INFINITY),
    ...set(best(half)),
    ...copy(best(half), second(half)),
    ...twice(0),
    ...set(label(half)),
  ]),
  ...twice(0),
  ...set(number),
  ...copy(centres, query),
  ...copy(blocks, block),
  ...loop(oneBlock, less(block)),
  ...copy(panel, panels),
  ...eachHalf(doubt),
  ...when(isNews, tell),
  ...plus(labels, blockBytes),
  ...plus(index, 1),
];

const kernel: Kernel = {
  parameters: [...Array<number>(7).fill(int32), float64],
  locals: [
    [6, int32],
    [22, vector],
  ],
  body: [
    ...localTwice(unsure),
    ...set(margin),
    ...twice(1),
    ...set(one),
    ...loop(onePanel, less(count)),
    ...get(found),
  ],
};

/** A scan with a memory of its own. @param bytes Size of the memory. */
export function openCentreScan(bytes: number): CentreScan {
  const { memory, run } = openKernel(kernel, bytes);
  return {
    memory,
    scan: (input) =>
      run(
        input.panels,
        input.count,
        input.features,
        input.centres,
        input.blocks,
        input.labels,
        input.changed,
        input.unsure,
      ),
  };
}

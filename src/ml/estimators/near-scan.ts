/**
 * The scan for nearest neighbours in WebAssembly, two numbers an instruction: it multiplies four queries with four
 * samples at a time, and tells only of the samples that may be near.
 */
import {
  add,
  any,
  type Code,
  eachOf,
  get,
  greater,
  int32,
  type Kernel,
  less,
  load,
  loadTwice,
  loop,
  multiply,
  openKernel,
  or,
  plus,
  set,
  store,
  storeInt,
  vector,
  when,
} from "./vector-code.ts";

/** Samples and queries that go together. */
export const lanes = 4;
/** Bytes of a block of four numbers. */
export const blockBytes = 8 * lanes;
/** Bytes of a hit: the panel's number, padded to 16, and 4 × 4 scores, query by query. */
export const hitBytes = 16 + lanes * blockBytes;

/** Addresses are bytes from the start of the memory, multiples of 16. */
export interface ScanInput {
  /** The first panel: minus half the squared norms of its four samples, then for each feature their four values. */
  readonly panels: number;
  /** How many panels there are, at least one. */
  readonly count: number;
  readonly features: number;
  /** For each feature the values of the four queries. */
  readonly queries: number;
  /** For each query the score over which a sample is told of: its product with the query, less half its squared norm. */
  readonly limits: number;
  /** Room for as many hits as panels. */
  readonly hits: number;
}

export interface NearScan {
  readonly memory: Float64Array;
  /** Writes the hits and returns their number. */
  scan(input: ScanInput): number;
}

// Locals: the six parameters, four integers, then vectors.
const [panels, count, features, queries, limits, hits] = [0, 1, 2, 3, 4, 5];
const [query, feature, found, index] = [6, 7, 8, 9];
/** Two vectors a query: of the first two samples, and of the others. */
const score = (lane: number, half: number): number => 10 + 2 * lane + half;
const [left, right, factor] = [18, 19, 20];
const limit = (lane: number): number => 21 + lane;

const eachLane = (code: (lane: number) => Code): Code => eachOf(lanes, code);
const eachHalf = (code: (half: number) => Code): Code => eachOf(2, code);

const oneFeature: Code = [
  ...load(panels, 0),
  ...set(left),
  ...load(panels, 16),
  ...set(right),
  ...eachLane((lane) => [
    ...loadTwice(query, 8 * lane),
    ...set(factor),
    ...eachHalf((half) => [
      ...get(score(lane, half)),
      ...get(factor),
      ...get(half === 0 ? left : right),
      ...multiply,
      ...add,
      ...set(score(lane, half)),
    ]),
  ]),
  ...plus(panels, blockBytes),
  ...plus(query, blockBytes),
];

const isNear: Code = [
  ...eachLane((lane) => [
    ...eachHalf((half) => [...get(score(lane, half)), ...get(limit(lane)), ...greater]),
    ...or,
    ...(lane === 0 ? [] : or),
  ]),
  ...any,
];

const tell: Code = [
  ...storeInt(hits, get(index)),
  ...eachLane((lane) =>
    eachHalf((half) => store(hits, 16 + lane * blockBytes + 16 * half, get(score(lane, half)))),
  ),
  ...plus(hits, hitBytes),
  ...plus(found, 1),
];

const onePanel: Code = [
  ...eachLane((lane) => eachHalf((half) => [...load(panels, 16 * half), ...set(score(lane, half))])),
  ...plus(panels, blockBytes),
  ...get(queries),
  ...set(query),
  ...get(features),
  ...set(feature),
  ...loop(oneFeature, less(feature)),
  ...when(isNear, tell),
  ...plus(index, 1),
];

const kernel: Kernel = {
  parameters: Array<number>(6).fill(int32),
  locals: [
    [4, int32],
    [15, vector],
  ],
  body: [
    ...eachLane((lane) => [...loadTwice(limits, 8 * lane), ...set(limit(lane))]),
    ...loop(onePanel, less(count)),
    ...get(found),
  ],
};

/** A scan with a memory of its own. @param bytes Size of the memory. */
export function openNearScan(bytes: number): NearScan {
  const { memory, run } = openKernel(kernel, bytes);
  return {
    memory,
    scan: (input) => run(input.panels, input.count, input.features, input.queries, input.limits, input.hits),
  };
}

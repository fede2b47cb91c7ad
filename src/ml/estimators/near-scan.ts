/**
 * The scan for nearest neighbours in WebAssembly, two numbers an instruction: it multiplies four queries with four
 * samples at a time, and tells only of the samples that may be near. Such a scan is nothing but multiplications, and
 * JavaScript does one at a time.
 *
 * The module is written here byte by byte: it is one function of 500 bytes, for which a compiler among the packages and
 * a binary in the repository would be more to keep. Opcodes: WebAssembly Core Specification 2.0, §5.4.
 */
import { TradewindError } from "../../errors.ts";

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

/** What is used of it; Node's types leave it to those of browsers. */
declare const WebAssembly: {
  readonly Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, object>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
};

type Code = readonly number[];

/** LEB128; also the signed form of numbers whose highest group of seven bits is below 64, as all of them here. */
function leb(value: number): Code {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}

const int32 = 0x7f;
const vector = 0x7b;
const nothing = 0x40;
const end = 0x0b;
const get = (local: number): Code => [0x20, ...leb(local)];
const set = (local: number): Code => [0x21, ...leb(local)];
const plus = (local: number, value: number): Code => [
  ...get(local),
  0x41,
  ...leb(value),
  0x6a,
  ...set(local),
];
/** Counts down, and says whether something is left. */
const less = (local: number): Code => [...get(local), 0x41, 1, 0x6b, 0x22, ...leb(local)];
/** Again from the start while `condition` holds. */
const loop = (body: Code, condition: Code): Code => [0x03, nothing, ...body, ...condition, 0x0d, 0, end];
const when = (condition: Code, body: Code): Code => [...condition, 0x04, nothing, ...body, end];
const simd = (opcode: number, ...operands: Code): Code => [0xfd, ...leb(opcode), ...operands];
const aligned = 3;
const load = (address: number, offset: number): Code => [
  ...get(address),
  ...simd(0x00, aligned, ...leb(offset)),
];
/** One number in both halves. */
const loadTwice = (address: number, offset: number): Code => [
  ...get(address),
  ...simd(0x0a, aligned, ...leb(offset)),
];
const store = (address: number, offset: number, value: Code): Code => [
  ...get(address),
  ...value,
  ...simd(0x0b, aligned, ...leb(offset)),
];
const storeInt = (address: number, value: Code): Code => [...get(address), ...value, 0x36, 2, 0];
const [add, multiply, greater, or, any] = [0xf0, 0xf2, 0x4a, 0x50, 0x53].map((opcode) => simd(opcode)) as [
  Code,
  Code,
  Code,
  Code,
  Code,
];

// Locals: the six parameters, four integers, then vectors.
const [panels, count, features, queries, limits, hits] = [0, 1, 2, 3, 4, 5];
const [query, feature, found, index] = [6, 7, 8, 9];
const integers = 4;
/** Two vectors a query: of the first two samples, and of the others. */
const score = (lane: number, half: number): number => 10 + 2 * lane + half;
const [left, right, factor] = [18, 19, 20];
const limit = (lane: number): number => 21 + lane;
const vectors = 15;

const eachLane = (code: (lane: number) => Code): Code =>
  Array.from({ length: lanes }, (_, lane) => code(lane)).flat();
const eachHalf = (code: (half: number) => Code): Code => [...code(0), ...code(1)];

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

const body: Code = [
  ...eachLane((lane) => [...loadTwice(limits, 8 * lane), ...set(limit(lane))]),
  ...loop(onePanel, less(count)),
  ...get(found),
  end,
];

const text = (name: string): Code => [name.length, ...Array.from(name, (letter) => letter.charCodeAt(0))];
const section = (id: number, content: Code): Code => [id, ...leb(content.length), ...content];
const declared: Code = [2, integers, int32, vectors, vector, ...body];

/** The magic number and the version. */
const header: Code = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** Imports a memory "scan" "memory", exports the function "scan". */
const binary = Uint8Array.from([
  ...header,
  ...section(1, [1, 0x60, 6, ...Array<number>(6).fill(int32), 1, int32]),
  ...section(2, [1, ...text("scan"), ...text("memory"), 0x02, 0x00, 1]),
  ...section(3, [1, 0]),
  ...section(7, [1, ...text("scan"), 0x00, 0]),
  ...section(10, [1, ...leb(declared.length), ...declared]),
]);

const pageBytes = 65_536;
let module: object | undefined;

/** A scan with a memory of its own. @param bytes Size of the memory. */
export function openNearScan(bytes: number): NearScan {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / pageBytes) });
  module ??= new WebAssembly.Module(binary);
  const instance = new WebAssembly.Instance(module, { scan: { memory } });
  const scan = instance.exports["scan"];
  if (typeof scan !== "function") throw new TradewindError("TW_INTERNAL", "expected the function scan");
  return {
    memory: new Float64Array(memory.buffer),
    scan: (input) =>
      scan(input.panels, input.count, input.features, input.queries, input.limits, input.hits) as number,
  };
}

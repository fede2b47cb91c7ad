/**
 * Words to write functions of WebAssembly with: loops over vectors of two numbers, for what is nothing but arithmetic and
 * which JavaScript does one number at a time.
 *
 * The functions are some hundred bytes each, for which a compiler among the packages, or binaries in the repository, would
 * be more to keep. Opcodes: WebAssembly Core Specification 3.0, §5.4.
 */
import { TradewindError } from "../../errors.ts";

export type Code = readonly number[];

/** LEB128; also the signed form of numbers whose highest group of seven bits is below 64, as all of them here. */
function leb(value: number): Code {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}

export const int32 = 0x7f;
export const float64 = 0x7c;
export const vector = 0x7b;
const nothing = 0x40;
const end = 0x0b;

export const get = (local: number): Code => [0x20, ...leb(local)];
export const set = (local: number): Code => [0x21, ...leb(local)];
export const copy = (from: number, to: number): Code => [...get(from), ...set(to)];
export const plus = (local: number, value: number): Code => [
  ...get(local),
  0x41,
  ...leb(value),
  0x6a,
  ...set(local),
];
/** Counts down, and says whether something is left. */
export const less = (local: number): Code => [...get(local), 0x41, 1, 0x6b, 0x22, ...leb(local)];
/** Again from the start while `condition` holds. */
export const loop = (body: Code, condition: Code): Code => [
  0x03,
  nothing,
  ...body,
  ...condition,
  0x0d,
  0,
  end,
];
export const when = (condition: Code, body: Code): Code => [...condition, 0x04, nothing, ...body, end];

const simd = (opcode: number, ...operands: Code): Code => [0xfd, ...leb(opcode), ...operands];
const aligned = 3;
export const load = (address: number, offset: number): Code => [
  ...get(address),
  ...simd(0x00, aligned, ...leb(offset)),
];
/** One number of the memory in both halves. */
export const loadTwice = (address: number, offset: number): Code => [
  ...get(address),
  ...simd(0x0a, aligned, ...leb(offset)),
];
/** A given number in both halves. */
export const twice = (value: number): Code => [
  0x44,
  ...new Uint8Array(Float64Array.of(value).buffer),
  ...simd(0x14),
];
/** The number of a local in both halves. */
export const localTwice = (local: number): Code => [...get(local), ...simd(0x14)];
export const store = (address: number, offset: number, value: Code): Code => [
  ...get(address),
  ...value,
  ...simd(0x0b, aligned, ...leb(offset)),
];
export const storeInt = (address: number, value: Code, offset = 0): Code => [
  ...get(address),
  ...value,
  0x36,
  2,
  ...leb(offset),
];

export const add = simd(0xf0);
export const subtract = simd(0xf1);
export const multiply = simd(0xf2);
/** a · b + c, rounded once where the processor can: not the same number on each of them. */
export const multiplyAdd = simd(0x107);
export const smaller = simd(0xf6);
export const larger = simd(0xf7);
export const differs = simd(0x48);
export const greater = simd(0x4a);
export const atLeast = simd(0x4c);
export const or = simd(0x50);
/** Of two vectors the first where the third has ones. */
export const choose = simd(0x52);
export const any = simd(0x53);

/** The integer, or the number, of the memory at an address that some code gives. */
export const intAt = (address: Code, offset: number): Code => [...address, 0x28, 2, ...leb(offset)];
export const numberAt = (address: Code, offset: number): Code => [...address, 0x2b, 3, ...leb(offset)];
export const int = (value: number): Code => [0x41, ...leb(value)];
export const sum = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
/** 1 where the first number is at most the second. */
export const atMost = (a: Code, b: Code): Code => [...a, ...b, 0x65];
export const not = (value: Code): Code => [...value, 0x45];
export const shiftLeft = (value: Code, bits: number): Code => [...value, ...int(bits), 0x74];
/** Zero where two integers are the same. */
export const xor = (a: Code, b: Code): Code => [...a, ...b, 0x73];
export const orInt = (a: Code, b: Code): Code => [...a, ...b, 0x72];

export const eachOf = (count: number, code: (index: number) => Code): Code =>
  Array.from({ length: count }, (_, index) => code(index)).flat();

/** A function that returns a number of 32 bits. Its locals are numbered after its parameters. */
export interface Kernel {
  readonly parameters: readonly number[];
  readonly locals: readonly (readonly [count: number, type: number])[];
  readonly body: Code;
}

const text = (name: string): Code => [name.length, ...Array.from(name, (letter) => letter.charCodeAt(0))];
const section = (id: number, content: Code): Code => [id, ...leb(content.length), ...content];
/** The magic number and the version. */
const header: Code = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** Imports a memory "kernel" "memory", exports the function "run". */
function binaryOf({ parameters, locals, body }: Kernel): Uint8Array {
  const code = [locals.length, ...locals.flatMap(([count, type]) => [count, type]), ...body, end];
  return Uint8Array.from([
    ...header,
    ...section(1, [1, 0x60, parameters.length, ...parameters, 1, int32]),
    ...section(2, [1, ...text("kernel"), ...text("memory"), 0x02, 0x00, 1]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text("run"), 0x00, 0]),
    ...section(10, [1, ...leb(code.length), ...code]),
  ]);
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

const pageBytes = 65_536;
const modules = new WeakMap<Kernel, object>();

export interface OpenedKernel {
  readonly memory: Float64Array;
  run(...values: readonly number[]): number;
}

/** The function with a memory of its own. @param bytes Size of the memory. */
export function openKernel(kernel: Kernel, bytes: number): OpenedKernel {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / pageBytes) });
  let module = modules.get(kernel);
  if (module === undefined) modules.set(kernel, (module = new WebAssembly.Module(binaryOf(kernel))));
  const { run } = new WebAssembly.Instance(module, { kernel: { memory } }).exports;
  if (typeof run !== "function") throw new TradewindError("TW_INTERNAL", "expected the function run");
  return { memory: new Float64Array(memory.buffer), run: run as OpenedKernel["run"] };
}

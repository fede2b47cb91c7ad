/** An ONNX model, by ONNX Runtime (`onnxruntime-node`, an optional package). */
import { TradewindError } from "../../errors.ts";
import type { ModelPackage } from "./model-package.ts";
import type { Prediction, PredictParams, Rows } from "./rows.ts";
import type { ServedModel } from "./served-model.ts";
import type { Signature } from "./signature.ts";

/** What we use of `onnxruntime-node`; the package is not there where it was not asked for. */
interface Tensor {
  readonly type: string;
  readonly data: ArrayLike<number | bigint | string | boolean>;
  readonly dims: readonly number[];
  dispose?(): void;
}
interface ValueMetadata {
  readonly name: string;
  readonly isTensor: boolean;
  readonly type: string;
  readonly shape: readonly (number | string)[];
}
interface InferenceSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly ValueMetadata[];
  run(feeds: { [name: string]: Tensor }, fetches?: readonly string[]): Promise<{ [name: string]: Tensor }>;
  release(): Promise<void>;
}
interface Runtime {
  readonly Tensor: new (type: string, data: unknown, dims: readonly number[]) => Tensor;
  readonly InferenceSession: { create(path: string, options?: object): Promise<InferenceSession> };
}

export class OnnxModel implements ServedModel {
  readonly platform = "onnx_onnxv1";
  readonly signature: Signature | null;
  readonly inputExample: unknown;
  readonly #runtime: Runtime;
  readonly #session: InferenceSession;
  readonly #outputs: readonly string[];

  constructor(runtime: Runtime, session: InferenceSession, outputs: readonly string[], model: ModelPackage) {
    this.#runtime = runtime;
    this.#session = session;
    this.#outputs = outputs;
    this.signature = model.signature;
    this.inputExample = model.inputExample;
  }

  /** @throws TradewindError TW_MODEL_RUNTIME without the package, TW_MODEL_PACKAGE when the file is no ONNX model. */
  static async load(model: ModelPackage, file: string): Promise<OnnxModel> {
    const runtime = await importRuntime();
    try {
      // One thread for each request: requests are what runs in parallel on a server.
      const session = await runtime.InferenceSession.create(file, {
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
      });
      return new OnnxModel(runtime, session, tensorOutputs(session), model);
    } catch (cause) {
      throw new TradewindError(
        "TW_MODEL_PACKAGE",
        `${file}: expected an ONNX model that ONNX Runtime takes, got: ${messageOf(cause)}`,
        {
          cause,
        },
      );
    }
  }

  async predict(input: Rows, _params: PredictParams): Promise<Prediction> {
    const feeds = this.#feeds(input);
    let results: { [name: string]: Tensor };
    try {
      results = await this.#session.run(feeds, this.#outputs);
    } catch (cause) {
      throw new TradewindError(
        "TW_MODEL_INPUT",
        `ONNX Runtime could not run the model: ${messageOf(cause)}`,
        { cause },
      );
    }
    const [first, ...others] = this.#outputs.map(
      (name) => [name, perRow(results[name] as Tensor, input.rows.length)] as const,
    );
    return { predictions: first?.[1] ?? [], more: Object.fromEntries(others) };
  }

  async close(): Promise<void> {
    await this.#session.release();
  }

  #feeds(input: Rows): { [name: string]: Tensor } {
    const { inputMetadata } = this.#session;
    const [only] = inputMetadata;
    if (only !== undefined && inputMetadata.length === 1)
      return {
        [only.name]: this.#tensor(only, input.rows.flat(), [input.rows.length, input.rows[0]?.length ?? 0]),
      };
    const places = new Map((input.columns ?? []).map((name, index) => [name, index]));
    return Object.fromEntries(
      inputMetadata.map((wanted, position) => {
        const place = places.get(wanted.name) ?? (input.columns === null ? position : undefined);
        if (place === undefined)
          throw new TradewindError("TW_MODEL_INPUT", `Model is missing inputs ['${wanted.name}'].`);
        const column = input.rows.map((row) => row[place]);
        return [wanted.name, this.#tensor(wanted, column, [column.length, 1])];
      }),
    );
  }

  #tensor(wanted: ValueMetadata, values: readonly unknown[], dims: readonly number[]): Tensor {
    const make = arrays[wanted.type];
    if (make === undefined)
      throw new TradewindError(
        "TW_MODEL_PACKAGE",
        `input ${wanted.name}: tensors of ${wanted.type} are not served`,
      );
    try {
      return new this.#runtime.Tensor(wanted.type, make(values), dims);
    } catch (cause) {
      throw new TradewindError(
        "TW_MODEL_INPUT",
        `input ${wanted.name}: expected ${wanted.type}, got ${messageOf(cause)}`,
        {
          cause,
        },
      );
    }
  }
}

const numbers = (values: readonly unknown[]): number[] =>
  values.map((value) => {
    if (typeof value === "number") return value;
    if (typeof value === "boolean") return Number(value);
    throw new TypeError(JSON.stringify(value) ?? "nothing");
  });

/** The array that a tensor of each type is made from. */
const arrays: { readonly [type: string]: (values: readonly unknown[]) => unknown } = {
  float32: (values) => Float32Array.from(numbers(values)),
  float64: (values) => Float64Array.from(numbers(values)),
  int32: (values) => Int32Array.from(numbers(values)),
  int64: (values) => BigInt64Array.from(numbers(values), BigInt),
  bool: (values) => Uint8Array.from(numbers(values)),
  string: (values) => values.map(String),
};

/** Classifiers of skl2onnx may answer a list of maps, which ONNX Runtime for Node cannot hand over. */
function tensorOutputs(session: InferenceSession): string[] {
  const metadata = (session as { outputMetadata?: readonly ValueMetadata[] }).outputMetadata;
  if (metadata === undefined) return [...session.outputNames];
  return metadata.filter(({ isTensor }) => isTensor).map(({ name }) => name);
}

/** A tensor as one value, or one list, for each row. */
function perRow({ data, dims }: Tensor, rows: number): unknown[] {
  const values = Array.from(data as ArrayLike<unknown>, (value) =>
    typeof value === "bigint" ? Number(value) : value,
  );
  const width = rows === 0 ? 0 : values.length / rows;
  if (dims.length <= 1 || width === 1) return values;
  return Array.from({ length: rows }, (_, row) => values.slice(row * width, (row + 1) * width));
}

async function importRuntime(): Promise<Runtime> {
  const name = "onnxruntime-node";
  try {
    return (await import(name)) as Runtime;
  } catch (cause) {
    throw new TradewindError("TW_MODEL_RUNTIME", "serving an ONNX model needs the package onnxruntime-node", {
      cause,
      hint: "npm install onnxruntime-node --ignore-scripts",
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

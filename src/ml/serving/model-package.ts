/**
 * A model as a folder, in MLflow's layout: `MLmodel` says which flavors the files beside it have, and what the model
 * takes. Of the flavors we serve our own (`tradewind`: JSON of an estimator), `onnx`, and `python_function`.
 */
import { readFile } from "node:fs/promises";
import { isAbsolute, join, normalize } from "node:path";
import { parse } from "yaml";
import { TradewindError } from "../../errors.ts";
import { parseSignature, type Signature } from "./signature.ts";

export interface ModelPackage {
  readonly folder: string;
  readonly flavors: { readonly [flavor: string]: { readonly [key: string]: unknown } };
  /** Null: whatever comes is given to the model as it is. */
  readonly signature: Signature | null;
  /** A body of `/invocations` that the model was saved with, for warming it up; null when there is none. */
  readonly inputExample: unknown;
}

/** @throws TradewindError TW_MODEL_PACKAGE when the folder is no model, or names files outside of itself. */
export async function readModelPackage(folder: string): Promise<ModelPackage> {
  const file = join(folder, "MLmodel");
  let description: { flavors?: unknown; signature?: { inputs?: unknown } | null };
  try {
    description = parse(await readFile(file, "utf8")) as typeof description;
  } catch (cause) {
    throw new TradewindError("TW_MODEL_PACKAGE", `expected a model in ${folder}, with a readable MLmodel`, {
      cause,
    });
  }
  const { flavors, signature } = description ?? {};
  if (typeof flavors !== "object" || flavors === null)
    throw new TradewindError("TW_MODEL_PACKAGE", `${file}: expected flavors, got none`);
  const inputs = signature?.inputs;
  return {
    folder,
    flavors: flavors as ModelPackage["flavors"],
    signature: typeof inputs === "string" ? parseSignature(inputs) : null,
    inputExample: await readExample(folder),
  };
}

/** A file that a flavor names, which must lie in the model's folder. */
export function fileOf(model: ModelPackage, flavor: string, key: string, fallback: string): string {
  const named = model.flavors[flavor]?.[key] ?? fallback;
  const path = typeof named === "string" ? normalize(named) : "..";
  if (path.startsWith("..") || isAbsolute(path))
    throw new TradewindError(
      "TW_MODEL_PACKAGE",
      `${flavor}.${key}: expected a file of the model's folder, got ${JSON.stringify(named)}`,
    );
  return join(model.folder, path);
}

async function readExample(folder: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(join(folder, "serving_input_example.json"), "utf8")) as unknown;
  } catch {
    // Most models have none; one that cannot be read only means that the first request warms the model up.
    return null;
  }
}

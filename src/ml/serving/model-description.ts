/** What an `MLmodel` file says of a model, for people: columns that it takes and gives, and its flavors. */
import { parse } from "yaml";

export interface DescribedColumn {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
}

export interface ModelDescription {
  readonly signature: {
    readonly inputs: DescribedColumn[];
    readonly outputs: DescribedColumn[];
    readonly params: DescribedColumn[];
  } | null;
  readonly flavors: string[];
}

const nothing: ModelDescription = { signature: null, flavors: [] };

/** Nothing of a text that is no `MLmodel`: it is shown beside other things, which do not depend on it. */
export function describeModel(text: string): ModelDescription {
  let document: unknown;
  try {
    document = parse(text);
  } catch {
    return nothing;
  }
  if (typeof document !== "object" || document === null) return nothing;
  const { flavors, signature } = document as { flavors?: object; signature?: Record<string, unknown> | null };
  return {
    flavors: typeof flavors === "object" && flavors !== null ? Object.keys(flavors) : [],
    signature:
      typeof signature !== "object" || signature === null
        ? null
        : {
            inputs: columnsOf(signature["inputs"]),
            outputs: columnsOf(signature["outputs"]),
            params: columnsOf(signature["params"]),
          },
  };
}

interface Entry {
  readonly name?: unknown;
  readonly type?: unknown;
  readonly required?: unknown;
  readonly "tensor-spec"?: { readonly dtype?: unknown; readonly shape?: unknown };
}

/** Each part of a signature is JSON within the YAML. */
function columnsOf(part: unknown): DescribedColumn[] {
  if (typeof part !== "string") return [];
  let entries: unknown;
  try {
    entries = JSON.parse(part);
  } catch {
    return [];
  }
  if (!Array.isArray(entries)) return [];
  return (entries as Entry[]).map((entry, index) => ({
    name: typeof entry.name === "string" ? entry.name : String(index),
    type: typeOf(entry),
    required: entry.required !== false,
  }));
}

function typeOf({ type, "tensor-spec": tensor }: Entry): string {
  if (tensor === undefined) return String(type ?? "any");
  const shape = Array.isArray(tensor.shape) ? tensor.shape.join(", ") : "?";
  return `${String(tensor.dtype ?? "any")} (${shape})`;
}

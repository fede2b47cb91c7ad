/**
 * What the names of a filter mean for each kind of thing that is searched: which entities and attributes there are,
 * and which operators and values they take. Messages are MLflow's, which its users search for.
 */
import { TradewindError } from "../../errors.ts";
import {
  type FilterComparison,
  type FilterOperator,
  type FilterTree,
  type FilterValue,
  mapFilter,
  parseFilter,
} from "./filter-syntax.ts";

export type TermEntity = "attribute" | "metric" | "param" | "tag" | "dataset" | "metadata" | "span";

/** A comparison whose entity and key are known and whose value is of the right type. */
export interface FilterTerm {
  readonly entity: TermEntity;
  /** The attribute's own name for an attribute, whatever alias stood there. */
  readonly key: string;
  readonly operator: FilterOperator;
  readonly value: string | number | readonly string[] | null;
}

export type TermFilter = FilterTree<FilterTerm>;

interface AttributeRule {
  readonly type: "text" | "number";
  readonly operators: readonly FilterOperator[];
}

export interface SearchSubject {
  /** Spelling before the dot → entity. */
  readonly entities: Readonly<Record<string, TermEntity>>;
  /** Spelling → attribute. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly rules: Readonly<Record<string, AttributeRule>>;
  readonly textOperators: readonly FilterOperator[];
}

const numeric: readonly FilterOperator[] = ["=", "!=", "<", "<=", ">", ">="];
const textual: readonly FilterOperator[] = ["=", "!=", "LIKE", "ILIKE"];
const nullable: readonly FilterOperator[] = [...textual, "IS NULL", "IS NOT NULL"];
const listed: readonly FilterOperator[] = [...textual, "IN", "NOT IN"];

const text = (operators = textual): AttributeRule => ({ type: "text", operators });
const number: AttributeRule = { type: "number", operators: numeric };

const attributeWords = { attribute: "attribute", attributes: "attribute", attr: "attribute" } as const;
const tagWords = { tag: "tag", tags: "tag" } as const;
const metricWords = { metric: "metric", metrics: "metric" } as const;
const paramWords = { param: "param", params: "param", parameter: "param", parameters: "param" } as const;

const same = (...names: string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, name]));

export const runSubject: SearchSubject = {
  entities: {
    ...metricWords,
    ...paramWords,
    ...tagWords,
    ...attributeWords,
    run: "attribute",
    dataset: "dataset",
    datasets: "dataset",
  },
  attributes: {
    ...same("run_id", "run_name", "user_id", "status", "artifact_uri", "start_time", "end_time"),
    "run name": "run_name",
    "Run name": "run_name",
    "Run Name": "run_name",
    created: "start_time",
    Created: "start_time",
  },
  rules: {
    run_id: text(listed),
    run_name: text(),
    user_id: text(),
    status: text(),
    artifact_uri: text(),
    start_time: number,
    end_time: number,
  },
  textOperators: nullable,
};

export const experimentSubject: SearchSubject = {
  entities: { ...attributeWords, ...tagWords },
  attributes: same("name", "creation_time", "last_update_time"),
  rules: { name: text(), creation_time: number, last_update_time: number },
  textOperators: nullable,
};

export const registeredModelSubject: SearchSubject = {
  entities: { ...attributeWords, ...tagWords },
  attributes: same("name"),
  rules: { name: text() },
  textOperators: nullable,
};

export const modelVersionSubject: SearchSubject = {
  entities: { ...attributeWords, ...tagWords },
  attributes: same("name", "run_id", "source_path", "version_number"),
  rules: { name: text(), run_id: text(listed), source_path: text(), version_number: number },
  textOperators: nullable,
};

export const loggedModelSubject: SearchSubject = {
  entities: { ...attributeWords, ...metricWords, ...paramWords, ...tagWords },
  attributes: {
    ...same("name", "model_id", "model_type", "status", "source_run_id", "experiment_id", "artifact_uri"),
    creation_time: "creation_time",
    creation_timestamp: "creation_time",
    creation_timestamp_ms: "creation_time",
    last_updated_timestamp: "last_update_time",
    last_updated_timestamp_ms: "last_update_time",
  },
  rules: {
    name: text(listed),
    model_id: text(listed),
    model_type: text(listed),
    status: text(listed),
    source_run_id: text(listed),
    experiment_id: text(listed),
    artifact_uri: text(listed),
    creation_time: number,
    last_update_time: number,
  },
  textOperators: [...listed, "IS NULL", "IS NOT NULL"],
};

export const traceSubject: SearchSubject = {
  entities: {
    ...attributeWords,
    trace: "attribute",
    ...tagWords,
    metadata: "metadata",
    request_metadata: "metadata",
    span: "span",
  },
  attributes: {
    ...same("trace_id", "status", "name", "run_id", "text", "client_request_id"),
    request_id: "trace_id",
    state: "status",
    timestamp: "timestamp",
    timestamp_ms: "timestamp",
    request_time: "timestamp",
    execution_time: "execution_time",
    execution_time_ms: "execution_time",
    execution_duration: "execution_time",
    end_time: "end_time",
    end_time_ms: "end_time",
  },
  rules: {
    trace_id: text(listed),
    status: text(listed),
    name: text([...listed, "RLIKE"]),
    run_id: text(listed),
    text: text(["LIKE", "ILIKE", "RLIKE"]),
    client_request_id: text(listed),
    timestamp: number,
    execution_time: number,
    end_time: number,
  },
  textOperators: [...listed, "RLIKE", "IS NULL", "IS NOT NULL"],
};

function refuse(message: string): TradewindError {
  return new TradewindError("TW_TRACKING_VALUE", message);
}

const quoted = (names: readonly string[]): string => `[${names.map((name) => `'${name}'`).join(", ")}]`;

const mlflowNames: Readonly<Record<string, string>> = { param: "parameter" };

function entityOf(comparison: FilterComparison, subject: SearchSubject): TermEntity {
  if (comparison.entity === null) return "attribute";
  const entity = subject.entities[comparison.entity];
  if (entity !== undefined) return entity;
  const valid = [...new Set(Object.values(subject.entities))].map((name) => mlflowNames[name] ?? name);
  throw refuse(`Invalid entity type '${comparison.entity}'. Valid values are ${quoted(valid)}`);
}

const datasetKeys = ["name", "digest", "context"];

function ruleOf(
  entity: TermEntity,
  comparison: FilterComparison,
  subject: SearchSubject,
): { key: string; rule: AttributeRule } {
  const { key } = comparison;
  if (key === "") throw refuse(`Invalid clause(s) in filter string: '${comparison.text}' names no key`);
  switch (entity) {
    case "attribute": {
      const name = subject.attributes[key];
      const rule = name === undefined ? undefined : subject.rules[name];
      if (name !== undefined && rule !== undefined) return { key: name, rule };
      throw refuse(
        `Invalid attribute key '${key}' specified. Valid keys are ${quoted(Object.keys(subject.rules))}`,
      );
    }
    case "metric":
      return { key, rule: number };
    case "dataset":
      if (datasetKeys.includes(key)) return { key, rule: text(listed) };
      throw refuse(`Invalid dataset key '${key}' specified. Valid keys are ${quoted(datasetKeys)}`);
    case "param":
    case "tag":
    case "metadata":
    case "span":
      return { key, rule: text(subject.textOperators) };
  }
}

const described: Readonly<Record<TermEntity, string>> = {
  attribute: "attribute",
  metric: "metric",
  param: "parameter",
  tag: "tag",
  dataset: "dataset attribute",
  metadata: "metadata",
  span: "span",
};

const shown = (value: FilterValue): string =>
  value.kind === "string" ? `'${value.text}'` : value.kind === "number" ? value.text : "a list";

function textValue(entity: TermEntity, value: FilterValue): string {
  if (value.kind === "string") return value.text;
  throw refuse(
    `Expected a quoted string value for ${described[entity]} (e.g. 'my-value'). Got value ${shown(value)}`,
  );
}

function valueOf(entity: TermEntity, rule: AttributeRule, { operator, value }: FilterComparison) {
  if (value.kind === "none") return null;
  if (operator === "IN" || operator === "NOT IN") {
    if (value.kind !== "list") throw refuse(`Expected a list of quoted strings after ${operator}`);
    return value.items.map((item) => textValue(entity, item));
  }
  if (rule.type === "text") return textValue(entity, value);
  if (value.kind === "number") return value.number;
  throw refuse(`Expected numeric value type for ${described[entity]}. Found ${shown(value)}`);
}

function toTerm(comparison: FilterComparison, subject: SearchSubject): FilterTerm {
  const entity = entityOf(comparison, subject);
  const { key, rule } = ruleOf(entity, comparison, subject);
  const { operator } = comparison;
  if (!rule.operators.includes(operator)) {
    if (operator === "IN" || operator === "NOT IN")
      throw refuse("Only the 'run_id' attribute supports comparison with a list of quoted string values.");
    throw refuse(
      `Invalid comparator '${operator}' not one of ${quoted(rule.operators)} for ${described[entity]} '${key}'`,
    );
  }
  return { entity, key, operator, value: valueOf(entity, rule, comparison) };
}

/**
 * Null for an empty filter.
 *
 * @throws TradewindError TW_TRACKING_VALUE with MLflow's words for a name, an operator or a value that does not fit.
 */
export function readFilter(filter: string | null | undefined, subject: SearchSubject): TermFilter | null {
  const tree = parseFilter(filter);
  return tree === null ? null : mapFilter(tree, (comparison) => toTerm(comparison, subject));
}

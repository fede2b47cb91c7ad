/** `order_by` clauses: `[entity.]key [ASC|DESC]`. */
import { TradewindError } from "../../errors.ts";
import type { SearchSubject, TermEntity } from "./filter-terms.ts";

export interface OrderTerm {
  readonly entity: TermEntity;
  readonly key: string;
  readonly descending: boolean;
}

const clause = /^\s*(?:(\w+)\.)?(?:`([^`]+)`|"([^"]+)"|(\S(?:.*?\S)??))(?:\s+(ASC|DESC))?\s*$/i;

/** By keys that are ordered by though no filter knows them. */
export interface OrderRules {
  readonly subject: SearchSubject;
  readonly orderable: readonly string[];
  /** Spelling → attribute, beside those of filters. */
  readonly aliases?: Readonly<Record<string, string>>;
}

function readClause(text: string, rules: OrderRules): OrderTerm {
  const refuse = (): TradewindError =>
    new TradewindError(
      "TW_TRACKING_VALUE",
      `Invalid ordering key in order_by clause '${text}'. Expected one of ${rules.orderable.join(", ")}${
        rules.subject.entities["metrics"] === undefined ? "" : ", or metrics.…, params.…, tags.…"
      }, with ASC or DESC after it`,
    );
  const match = clause.exec(text);
  if (match === null) throw refuse();
  const [, prefix, backticked, doubleQuoted, bare, direction] = match;
  const descending = direction?.toUpperCase() === "DESC";
  const key = backticked ?? doubleQuoted ?? bare ?? "";
  const entity = prefix === undefined ? "attribute" : rules.subject.entities[prefix];
  if (entity === undefined || entity === "dataset" || entity === "span") throw refuse();
  if (entity !== "attribute") return { entity, key, descending };
  const name = rules.aliases?.[key] ?? rules.subject.attributes[key] ?? key;
  if (!rules.orderable.includes(name)) throw refuse();
  return { entity, key: name, descending };
}

/**
 * @throws TradewindError TW_TRACKING_VALUE for a clause that cannot be read, and for a key that comes twice.
 */
export function readOrder(clauses: readonly string[], rules: OrderRules): OrderTerm[] {
  const terms = clauses.map((text) => readClause(text, rules));
  const seen = new Set<string>();
  for (const { entity, key } of terms) {
    const name = `${entity}.${key}`;
    if (seen.has(name))
      throw new TradewindError(
        "TW_TRACKING_VALUE",
        `\`order_by\` contains duplicate fields: expected each key once, got ${name} twice`,
      );
    seen.add(name);
  }
  return terms;
}

/**
 * Filters and orders of a search as SQL. Each key of a keyed table (a metric, a param, a tag) that the filter or the
 * order names is one LEFT JOIN on the table's primary key, so that it adds no rows, and the planner makes an inner
 * join of it where the filter demands a value.
 */
import type { FilterTerm, TermEntity, TermFilter } from "../../core/tracking/filter-terms.ts";
import type { OrderTerm } from "../../core/tracking/order-by.ts";
import { TradewindError } from "../../errors.ts";
import type { Statement } from "../sql.ts";
import { identifier, sql } from "../sql.ts";

/** What of a table a search may look at. */
export interface SearchTarget {
  /** Attribute → expression over the searched row. */
  readonly attributes: Readonly<Record<string, Statement>>;
  /** Columns behind attributes that are instants: compared as what they are, for an index serves that and no number. */
  readonly instants?: Readonly<Record<string, Statement>>;
  /** Keyed table of an entity: a join that gives at most one row, with a column `value`. */
  readonly keyed: Partial<Readonly<Record<TermEntity, (alias: Statement, key: string) => Statement>>>;
  /** Comparisons that are neither: of data sets, of spans. */
  readonly other?: (term: FilterTerm) => Statement | null;
}

export interface SearchParts {
  readonly joins: Statement;
  readonly where: Statement;
  /** Expressions with a comma behind each, to stand before the last ones of the order. */
  readonly orderBy: Statement;
  /**
   * Where a metric comes first in the order: the same for those alone that have a number of it, in a form that an index
   * has in order. They come before all others.
   */
  readonly ranked: Pick<SearchParts, "where" | "orderBy"> | null;
}

const empty = sql``;

function joined(parts: readonly Statement[], glue: Statement): Statement {
  return parts.reduce((left, right) => sql`${left}${glue}${right}`);
}

/** No text is cut and nothing is escaped: `\` is a character like others in MLflow's patterns. */
export function comparison(
  column: Statement,
  { operator, value }: Pick<FilterTerm, "operator"> & { readonly value: FilterTerm["value"] | Statement },
): Statement {
  switch (operator) {
    case "=":
      return sql`${column} = ${value}`;
    case "!=":
      return sql`${column} <> ${value}`;
    case "<":
      return sql`${column} < ${value}`;
    case "<=":
      return sql`${column} <= ${value}`;
    case ">":
      return sql`${column} > ${value}`;
    case ">=":
      return sql`${column} >= ${value}`;
    case "LIKE":
      return sql`${column} LIKE ${value} ESCAPE ''`;
    case "ILIKE":
      return sql`${column} ILIKE ${value} ESCAPE ''`;
    case "RLIKE":
      return sql`${column} ~ ${value}`;
    case "IN":
      return sql`${column} = ANY (${value}::text[])`;
    case "NOT IN":
      return sql`${column} <> ALL (${value}::text[])`;
    case "IS NULL":
      return sql`${column} IS NULL`;
    case "IS NOT NULL":
      return sql`${column} IS NOT NULL`;
  }
}

/** PostgreSQL takes NaN for the largest number; for people it is larger than none. */
function metricComparison(column: Statement, term: FilterTerm): Statement {
  const compared = comparison(column, term);
  return term.operator.startsWith(">") ? sql`(${compared} AND ${column} <> 'NaN')` : compared;
}

/** 4713 before Christ to the year 9999: what runs can have, and what PostgreSQL takes. */
const [firstInstant, lastInstant] = [-210_866_803_200_000, 253_402_300_799_999];

function instantOf(ms: number): Statement {
  return sql`to_timestamp(${Math.min(Math.max(ms, firstInstant), lastInstant)}::double precision / 1000)`;
}

class Compiler {
  readonly #target: SearchTarget;
  readonly #joins = new Map<string, { readonly join: Statement; readonly value: Statement }>();

  constructor(target: SearchTarget) {
    this.#target = target;
  }

  get joins(): Statement {
    return [...this.#joins.values()].reduce((all, { join }) => sql`${all} ${join}`, empty);
  }

  column(entity: TermEntity, key: string): Statement {
    if (entity === "attribute") {
      const column = this.#target.attributes[key];
      if (column !== undefined) return column;
    }
    const name = `${entity}.${key}`;
    const known = this.#joins.get(name);
    if (known !== undefined) return known.value;
    const join = this.#target.keyed[entity];
    if (join === undefined) throw new TradewindError("TW_INTERNAL", `expected a column for ${name}`);
    const alias = identifier(`k${this.#joins.size}`);
    const value = sql`${alias}.value`;
    this.#joins.set(name, { join: join(alias, key), value });
    return value;
  }

  term(term: FilterTerm): Statement {
    const other = this.#target.other?.(term);
    if (other !== undefined && other !== null) return other;
    const { entity, key, operator, value } = term;
    const instant = entity === "attribute" ? this.#target.instants?.[key] : undefined;
    if (instant !== undefined && typeof value === "number")
      return comparison(instant, { operator, value: instantOf(value) });
    const column = this.column(entity, key);
    return entity === "metric" ? metricComparison(column, term) : comparison(column, term);
  }

  filter(tree: TermFilter): Statement {
    switch (tree.kind) {
      case "compare":
        return this.term(tree.comparison);
      case "not":
        return sql`NOT (${this.filter(tree.part)})`;
      case "and":
      case "or": {
        const parts = tree.parts.map((part) => this.filter(part));
        return sql`(${joined(parts, tree.kind === "and" ? sql` AND ` : sql` OR `)})`;
      }
    }
  }

  /** Values first, then NaN, then what has none, whatever the direction. */
  order({ entity, key, descending }: OrderTerm): Statement {
    const column = this.column(entity, key);
    const direction = descending ? sql`DESC` : sql`ASC`;
    return entity === "metric"
      ? sql`${column} IS NULL, ${column} = 'NaN', ${column} ${direction}, `
      : sql`${column} ${direction} NULLS LAST, `;
  }
}

export function compileSearch(
  target: SearchTarget,
  filter: TermFilter | null,
  order: readonly OrderTerm[],
): SearchParts {
  const compiler = new Compiler(target);
  const where = filter === null ? sql`true` : compiler.filter(filter);
  const orderBy = orderOf(compiler, order);
  const [first, ...others] = order;
  if (first?.entity !== "metric") return { joins: compiler.joins, where, orderBy, ranked: null };
  const value = compiler.column(first.entity, first.key);
  const ranked = {
    where: sql`${value} < 'NaN' AND ${where}`,
    orderBy: sql`${value} ${first.descending ? sql`DESC` : sql`ASC`}, ${orderOf(compiler, others)}`,
  };
  return { joins: compiler.joins, where, orderBy, ranked };
}

function orderOf(compiler: Compiler, order: readonly OrderTerm[]): Statement {
  return order.reduce((all, term) => sql`${all}${compiler.order(term)}`, empty);
}

/** Milliseconds since the epoch of a timestamptz, as a number that filters compare. */
export function epochMs(column: Statement): Statement {
  return sql`(extract(epoch FROM ${column}) * 1000)::double precision`;
}

/** Text compared and ordered byte by byte, whatever the database's collation. */
export function bytewise(column: Statement): Statement {
  return sql`${column} COLLATE "C"`;
}

/**
 * The text of a search filter as a tree, before anybody asks what its names mean.
 *
 *     metrics.accuracy > 0.9 AND (params.model = 'rf' OR tags.`my key` LIKE 'a%')
 *
 * MLflow's grammar, and what it lacks: OR, NOT and parentheses. AND binds closer than OR.
 */
import { TradewindError } from "../../errors.ts";

export type FilterValue =
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "number"; readonly number: number; readonly text: string }
  | { readonly kind: "list"; readonly items: readonly FilterValue[] }
  /** Of IS NULL and IS NOT NULL. */
  | { readonly kind: "none" };

export const filterOperators = [
  "=",
  "!=",
  "<",
  "<=",
  ">",
  ">=",
  "LIKE",
  "ILIKE",
  "RLIKE",
  "IN",
  "NOT IN",
  "IS NULL",
  "IS NOT NULL",
] as const;
export type FilterOperator = (typeof filterOperators)[number];

export interface FilterComparison {
  /** What stands before the first dot; null for a bare key. */
  readonly entity: string | null;
  readonly key: string;
  readonly operator: FilterOperator;
  readonly value: FilterValue;
  /** As it stands in the filter, for messages. */
  readonly text: string;
}

export type FilterTree<Comparison> =
  | { readonly kind: "compare"; readonly comparison: Comparison }
  | { readonly kind: "and" | "or"; readonly parts: readonly FilterTree<Comparison>[] }
  | { readonly kind: "not"; readonly part: FilterTree<Comparison> };

type TokenKind = "word" | "quoted" | "string" | "number" | "operator" | "dot" | "open" | "close" | "comma";

interface Token {
  readonly kind: TokenKind;
  /** Without quotes. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Deeper nesting than this is a mistake, and would cost the parser its stack. */
const deepest = 100;

function invalid(filter: string, at: number, expected: string): TradewindError {
  const rest = filter.slice(at, at + 60).trim();
  const found = rest === "" ? "the end" : `'${rest}'`;
  return new TradewindError(
    "TW_TRACKING_VALUE",
    `Invalid clause(s) in filter string: expected ${expected} at character ${at + 1}, got ${found}`,
  );
}

const patterns: readonly (readonly [TokenKind, RegExp])[] = [
  // Before words: 1e-3 is a number, 1st is a word.
  ["number", /[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.])/y],
  ["string", /'(?:''|[^'])*'/y],
  ["quoted", /"[^"]*"|`[^`]*`/y],
  ["operator", /<=|>=|!=|<>|==|=|<|>/y],
  ["open", /\(/y],
  ["close", /\)/y],
  ["comma", /,/y],
  ["dot", /\./y],
  ["word", /[\p{L}\p{N}_](?:[\p{L}\p{N}_./:-]*[\p{L}\p{N}_/:-])?/uy],
];

function unquoted(kind: TokenKind, text: string): string {
  if (kind === "string") return text.slice(1, -1).replaceAll("''", "'");
  return kind === "quoted" ? text.slice(1, -1) : text;
}

function tokenize(filter: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < filter.length) {
    if (/\s/.test(filter[at] as string)) {
      at += 1;
      continue;
    }
    const token = tokenAt(filter, at);
    if (token === null) throw invalid(filter, at, "a name, a value or an operator");
    tokens.push(token);
    at = token.end;
  }
  return tokens;
}

function tokenAt(filter: string, at: number): Token | null {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const text = pattern.exec(filter)?.[0];
    if (text !== undefined) return { kind, text: unquoted(kind, text), start: at, end: at + text.length };
  }
  return null;
}

class Parser {
  readonly #filter: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(filter: string) {
    this.#filter = filter;
    this.#tokens = tokenize(filter);
  }

  whole(): FilterTree<FilterComparison> {
    const tree = this.#or();
    if (this.#peek() !== undefined) throw this.#unexpected("AND, OR or the end");
    return tree;
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#next];
  }

  #unexpected(expected: string): TradewindError {
    return invalid(this.#filter, this.#peek()?.start ?? this.#filter.length, expected);
  }

  #isWord(word: string, ahead = 0): boolean {
    const token = this.#tokens[this.#next + ahead];
    return token?.kind === "word" && token.text.toUpperCase() === word;
  }

  #takeWord(word: string): boolean {
    const found = this.#isWord(word);
    if (found) this.#next += 1;
    return found;
  }

  #chain(kind: "and" | "or", word: string, part: () => FilterTree<FilterComparison>) {
    const parts = [part()];
    while (this.#takeWord(word)) parts.push(part());
    return parts.length === 1 ? (parts[0] as FilterTree<FilterComparison>) : ({ kind, parts } as const);
  }

  #or(): FilterTree<FilterComparison> {
    return this.#chain("or", "OR", () => this.#chain("and", "AND", () => this.#unary()));
  }

  #unary(): FilterTree<FilterComparison> {
    this.#depth += 1;
    if (this.#depth > deepest) throw this.#unexpected(`at most ${deepest} levels of NOT and parentheses`);
    const tree = this.#operand();
    this.#depth -= 1;
    return tree;
  }

  #operand(): FilterTree<FilterComparison> {
    // `not = 1` is a comparison of an attribute of that name, and a mistake that is told as such.
    if (this.#isWord("NOT") && this.#tokens[this.#next + 1]?.kind !== "operator") {
      this.#next += 1;
      return { kind: "not", part: this.#unary() };
    }
    if (this.#peek()?.kind !== "open") return { kind: "compare", comparison: this.#comparison() };
    this.#next += 1;
    const inner = this.#or();
    if (this.#peek()?.kind !== "close") throw this.#unexpected("')'");
    this.#next += 1;
    return inner;
  }

  #comparison(): FilterComparison {
    const start = this.#peek()?.start ?? this.#filter.length;
    const { entity, key } = this.#identifier();
    const operator = this.#operator();
    const value = this.#value(operator);
    const end = this.#tokens[this.#next - 1]?.end ?? start;
    return { entity, key, operator, value, text: this.#filter.slice(start, end) };
  }

  #identifier(): { entity: string | null; key: string } {
    const first = this.#peek();
    if (first?.kind !== "word" && first?.kind !== "quoted") throw this.#unexpected("a name");
    this.#next += 1;
    const dot = this.#peek();
    const second = this.#tokens[this.#next + 1];
    if (first.kind === "word" && dot?.kind === "dot" && dot.start === first.end) {
      // tags.`my key`; a word holds its own dots.
      if (second?.kind !== "quoted" || second.start !== dot.end) throw this.#unexpected("a quoted key");
      this.#next += 2;
      return { entity: first.text, key: second.text };
    }
    const cut = first.kind === "word" ? first.text.indexOf(".") : -1;
    if (cut < 0) return { entity: null, key: first.text };
    return { entity: first.text.slice(0, cut), key: first.text.slice(cut + 1) };
  }

  #operator(): FilterOperator {
    const token = this.#peek();
    if (token?.kind === "operator") {
      this.#next += 1;
      if (token.text === "==") return "=";
      return token.text === "<>" ? "!=" : (token.text as FilterOperator);
    }
    for (const word of ["LIKE", "ILIKE", "RLIKE", "IN"] as const) if (this.#takeWord(word)) return word;
    if (this.#isWord("NOT") && this.#isWord("IN", 1)) {
      this.#next += 2;
      return "NOT IN";
    }
    if (this.#takeWord("IS")) {
      const negated = this.#takeWord("NOT");
      if (this.#takeWord("NULL")) return negated ? "IS NOT NULL" : "IS NULL";
    }
    throw this.#unexpected("an operator");
  }

  #value(operator: FilterOperator): FilterValue {
    if (operator === "IS NULL" || operator === "IS NOT NULL") return { kind: "none" };
    if (this.#peek()?.kind === "open") return this.#list();
    return this.#literal();
  }

  #list(): FilterValue {
    const items: FilterValue[] = [];
    do {
      this.#next += 1;
      if (this.#peek()?.kind === "close" && items.length > 0) break;
      items.push(this.#literal());
    } while (this.#peek()?.kind === "comma");
    if (this.#peek()?.kind !== "close") throw this.#unexpected("',' or ')'");
    this.#next += 1;
    return { kind: "list", items };
  }

  #literal(): FilterValue {
    const token = this.#peek();
    if (token === undefined) throw this.#unexpected("a value");
    if (token.kind === "number") {
      this.#next += 1;
      return { kind: "number", number: Number(token.text), text: token.text };
    }
    if (token.kind === "string" || (token.kind === "quoted" && this.#filter[token.start] === '"')) {
      this.#next += 1;
      return { kind: "string", text: token.text };
    }
    throw this.#unexpected("a number or a quoted string");
  }
}

/**
 * Null for an empty filter.
 *
 * @throws TradewindError TW_TRACKING_VALUE that says what was expected, and where.
 */
export function parseFilter(filter: string | null | undefined): FilterTree<FilterComparison> | null {
  if (filter === null || filter === undefined || filter.trim() === "") return null;
  return new Parser(filter).whole();
}

/** The same tree with other comparisons. */
export function mapFilter<From, To>(tree: FilterTree<From>, change: (from: From) => To): FilterTree<To> {
  switch (tree.kind) {
    case "compare":
      return { kind: "compare", comparison: change(tree.comparison) };
    case "not":
      return { kind: "not", part: mapFilter(tree.part, change) };
    case "and":
    case "or":
      return { kind: tree.kind, parts: tree.parts.map((part) => mapFilter(part, change)) };
  }
}

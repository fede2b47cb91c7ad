/**
 * Evaluates the syntax tree of a template. Values may be promises (variables, connections, XComs), which are
 * awaited where they are read. Undefined names are errors, as in Airflow's StrictUndefined.
 */
import { TemplateDate, TemplateDelta } from "./template-date.ts";
import { formatPercent, type TemplateFilter, templateFilters, templateTests } from "./template-filters.ts";
import {
  builtinMethod,
  isDictionary,
  isTrue,
  itemsOf,
  Later,
  Lookup,
  pythonString,
  TemplateFunction,
  Undefined,
} from "./template-values.ts";

/** A node of the parser's tree; fields depend on `type`. */
export interface Node {
  type: string;
  [field: string]: unknown;
}

type Values = { [name: string]: unknown };

/** Raised where an undefined value is used; `path` is the dotted name as the template spells it. */
export class UndefinedUsed extends Error {
  readonly path: string;
  constructor(path: string) {
    super(`"${path}" is undefined`);
    this.path = path;
  }
}

class LoopControl extends Error {
  readonly kind: "break" | "continue";
  constructor(kind: "break" | "continue") {
    super(kind);
    this.kind = kind;
  }
}

/** Names of one block, and the blocks around it. */
export class Scope {
  readonly #values: Map<string, unknown>;
  readonly #outer: Scope | undefined;
  constructor(values: Iterable<[string, unknown]>, outer?: Scope) {
    this.#values = new Map(values);
    this.#outer = outer;
  }
  get(name: string): unknown {
    if (this.#values.has(name)) return this.#values.get(name);
    return this.#outer ? this.#outer.get(name) : new Undefined(name);
  }
  set(name: string, value: unknown): void {
    this.#values.set(name, value);
  }
}

const constants: Values = { true: true, True: true, false: false, False: false, none: null, None: null };

export class Evaluator {
  readonly #filters: { readonly [name: string]: TemplateFilter };
  readonly #lenient: boolean;
  /** With `whenUndefined` "default" an undefined name prints nothing, is false, and has no items. */
  constructor(
    filters: { readonly [name: string]: TemplateFilter },
    whenUndefined: "strict" | "default" = "strict",
  ) {
    this.#filters = filters;
    this.#lenient = whenUndefined === "default";
  }

  async block(body: Node[], scope: Scope): Promise<string> {
    let text = "";
    for (const node of body) {
      const value = await this.statement(node, scope);
      if (value !== undefined) text += print(value);
    }
    return text;
  }

  /** The printed value of a statement, or undefined where it prints nothing. */
  async statement(node: Node, scope: Scope): Promise<unknown> {
    switch (node.type) {
      case "Set":
        return this.#set(node, scope);
      case "If":
        return this.block(
          isTrue(await this.#operand(node["test"], scope)) ? nodes(node["body"]) : nodes(node["alternate"]),
          scope,
        );
      case "For":
        return this.#for(node, scope);
      case "Macro":
        return this.#macro(node, scope);
      case "Break":
        throw new LoopControl("break");
      case "Continue":
        throw new LoopControl("continue");
      case "Comment":
        return undefined;
      case "FilterStatement":
        return this.#filter(await this.block(nodes(node["body"]), scope), node["filter"] as Node, scope);
      case "CallStatement": {
        const inner = new Scope(
          [["caller", this.#callable(nodes(node["callerArgs"] ?? []), nodes(node["body"]), scope)]],
          scope,
        );
        return this.value(node["call"], inner);
      }
      default: {
        const value = await this.value(node, scope);
        return value instanceof Undefined ? this.#missing(value, "") : value;
      }
    }
  }

  /** What stands for an undefined value that is printed or looped over. */
  #missing<T>(value: Undefined, instead: T): T {
    if (this.#lenient) return instead;
    throw new UndefinedUsed(value.path);
  }

  /** The value of an expression; `Undefined` where the name or member is not there. */
  async value(expression: unknown, scope: Scope): Promise<unknown> {
    const node = expression as Node;
    switch (node.type) {
      case "IntegerLiteral":
      case "FloatLiteral":
      case "StringLiteral":
        return node["value"];
      case "ArrayLiteral":
      case "TupleLiteral":
        return this.#all(nodes(node["value"]), scope);
      case "ObjectLiteral": {
        const object: Values = {};
        for (const [key, value] of node["value"] as Map<Node, Node>) {
          object[pythonString(await this.value(key, scope))] = await this.value(value, scope);
        }
        return object;
      }
      case "Identifier": {
        const name = node["value"] as string;
        const found = scope.get(name);
        const value = found instanceof Later ? await found.get() : found;
        return value instanceof Undefined && Object.hasOwn(constants, name) ? constants[name] : value;
      }
      case "MemberExpression":
        return this.#member(node, scope);
      case "CallExpression":
        return this.#call(node, scope);
      case "UnaryExpression":
        return this.#unary(node, scope);
      case "BinaryExpression":
        return this.#binary(node, scope);
      case "FilterExpression":
        return this.#filter(await this.value(node["operand"], scope), node["filter"] as Node, scope);
      case "TestExpression":
        return this.#test(node, scope);
      case "SelectExpression":
        // `a if b` without else prints nothing when b is false.
        return isTrue(await this.#operand(node["test"], scope)) ? this.value(node["lhs"], scope) : "";
      case "Ternary":
        return this.value(
          isTrue(await this.#operand(node["condition"], scope)) ? node["trueExpr"] : node["falseExpr"],
          scope,
        );
      default:
        throw new TypeError(`unexpected ${node.type} in an expression`);
    }
  }

  async #all(list: Node[], scope: Scope): Promise<unknown[]> {
    const values: unknown[] = [];
    for (const node of list) values.push(await this.value(node, scope));
    return values;
  }

  async #set(node: Node, scope: Scope): Promise<undefined> {
    const value = node["value"]
      ? await this.value(node["value"], scope)
      : await this.block(nodes(node["body"]), scope);
    const target = node["assignee"] as Node;
    if (target.type === "MemberExpression") {
      const object = await this.value(target["object"], scope);
      if (!isDictionary(object)) throw new TypeError("expected a namespace() on the left of set");
      object[String((target["property"] as Node)["value"])] = value;
    } else {
      assign(target, value, scope);
    }
    return undefined;
  }

  async #for(node: Node, scope: Scope): Promise<string> {
    const source = node["iterable"] as Node;
    const select = source.type === "SelectExpression" ? source : undefined;
    const list = await this.value(select ? select["lhs"] : source, scope);
    const all = itemsOf(list instanceof Undefined ? this.#missing(list, []) : list);
    if (!all) throw new TypeError(`expected something to loop over, got ${pythonString(list)}`);
    const items: unknown[] = [];
    for (const item of all) {
      const inner = new Scope([], scope);
      assign(node["loopvar"] as Node, item, inner);
      if (!select || isTrue(await this.value(select["test"], inner))) items.push(item);
    }
    if (items.length === 0) return this.block(nodes(node["defaultBlock"]), scope);
    let text = "";
    for (const [index, item] of items.entries()) {
      const inner = new Scope([["loop", loopOf(items, index)]], scope);
      assign(node["loopvar"] as Node, item, inner);
      try {
        text += await this.block(nodes(node["body"]), inner);
      } catch (error) {
        if (!(error instanceof LoopControl)) throw error;
        if (error.kind === "break") break;
      }
    }
    return text;
  }

  #macro(node: Node, scope: Scope): undefined {
    scope.set(
      String((node["name"] as Node)["value"]),
      this.#callable(nodes(node["args"]), nodes(node["body"]), scope),
    );
    return undefined;
  }

  #callable(parameters: Node[], body: Node[], scope: Scope): TemplateFunction {
    return new TemplateFunction(async (args, kwargs) => {
      const inner = new Scope([], scope);
      for (const [index, parameter] of parameters.entries()) {
        const named = parameter.type === "KeywordArgumentExpression";
        const name = String(((named ? parameter["key"] : parameter) as Node)["value"]);
        const fallback = named ? await this.value(parameter["value"], scope) : new Undefined(name);
        inner.set(name, index < args.length ? args[index] : name in kwargs ? kwargs[name] : fallback);
      }
      return this.block(body, inner);
    });
  }

  async #member(node: Node, scope: Scope): Promise<unknown> {
    const object = await this.value(node["object"], scope);
    if (object instanceof Undefined) throw new UndefinedUsed(object.path);
    const property = node["property"] as Node;
    if (property.type === "SliceExpression") return this.#slice(object, property, scope);
    const key = node["computed"] ? await this.value(property, scope) : property["value"];
    if (key instanceof Undefined) throw new UndefinedUsed(key.path);
    const found = await memberOf(object, key, Boolean(node["computed"]));
    if (found !== undefined && !(found instanceof Undefined)) return found;
    const path = spell(node);
    return new Undefined(path ?? String(key));
  }

  async #slice(object: unknown, node: Node, scope: Scope): Promise<unknown> {
    const bound = async (part: unknown) => (part ? ((await this.value(part, scope)) as number) : undefined);
    const [start, stop, step = 1] = [
      await bound(node["start"]),
      await bound(node["stop"]),
      await bound(node["step"]),
    ];
    const list = itemsOf(object);
    if (!list) throw new TypeError(`expected a list or string to slice, got ${pythonString(object)}`);
    const size = list.length;
    const clamp = (value: number | undefined, empty: number, low: number, high: number) =>
      value === undefined ? empty : Math.min(high, Math.max(low, value < 0 ? value + size : value));
    const picked: unknown[] = [];
    if (step > 0)
      for (let i = clamp(start, 0, 0, size); i < clamp(stop, size, 0, size); i += step) picked.push(list[i]);
    else
      for (let i = clamp(start, size - 1, -1, size - 1); i > clamp(stop, -1, -1, size - 1); i += step)
        picked.push(list[i]);
    return typeof object === "string" ? picked.join("") : picked;
  }

  async #arguments(list: Node[], scope: Scope): Promise<[unknown[], Values]> {
    const args: unknown[] = [];
    const kwargs: Values = {};
    for (const node of list) {
      if (node.type === "KeywordArgumentExpression") {
        kwargs[String((node["key"] as Node)["value"])] = await this.#defined(node["value"], scope);
      } else if (node.type === "SpreadExpression") {
        args.push(...(itemsOf(await this.#defined(node["argument"], scope)) ?? []));
      } else if (node.type === "KeywordSpreadExpression") {
        Object.assign(kwargs, await this.#defined(node["argument"], scope));
      } else {
        args.push(await this.#defined(node, scope));
      }
    }
    return [args, kwargs];
  }

  async #defined(node: unknown, scope: Scope): Promise<unknown> {
    const value = await this.value(node, scope);
    if (value instanceof Undefined) throw new UndefinedUsed(value.path);
    return value;
  }

  /** An operand of `if`, `not`, `and` and `or`, where an undefined value may count as false. */
  async #operand(node: unknown, scope: Scope): Promise<unknown> {
    const value = await this.value(node, scope);
    return value instanceof Undefined ? this.#missing(value, "") : value;
  }

  async #call(node: Node, scope: Scope): Promise<unknown> {
    const callee = await this.value(node["callee"], scope);
    if (callee instanceof Undefined) throw new UndefinedUsed(callee.path);
    const [args, kwargs] = await this.#arguments(nodes(node["args"]), scope);
    if (callee instanceof TemplateFunction) return (await callee.call(args, kwargs)) ?? null;
    if (typeof callee === "function")
      return ((await (callee as (...args: unknown[]) => unknown)(...args)) as unknown) ?? null;
    throw new TypeError(`"${spell(node["callee"] as Node) ?? "value"}" cannot be called`);
  }

  async #filter(value: unknown, node: Node, scope: Scope): Promise<unknown> {
    const called = node.type === "CallExpression";
    const name = String(((called ? node["callee"] : node) as Node)["value"]);
    const filter = Object.hasOwn(this.#filters, name)
      ? this.#filters[name]
      : Object.hasOwn(templateFilters, name)
        ? templateFilters[name]
        : undefined;
    if (!filter) throw new TypeError(`there is no filter named "${name}"`);
    if (value instanceof Undefined && name !== "default" && name !== "d") throw new UndefinedUsed(value.path);
    const [args, kwargs] = called ? await this.#arguments(nodes(node["args"]), scope) : [[], {}];
    return filter(value, args, kwargs);
  }

  async #test(node: Node, scope: Scope): Promise<boolean> {
    const name = String((node["test"] as Node)["value"]);
    const test = Object.hasOwn(templateTests, name) ? templateTests[name] : undefined;
    if (!test) throw new TypeError(`there is no test named "${name}"`);
    const value = await this.value(node["operand"], scope);
    if (value instanceof Undefined && name !== "defined" && name !== "undefined")
      throw new UndefinedUsed(value.path);
    return test(value) !== node["negate"];
  }

  async #unary(node: Node, scope: Scope): Promise<unknown> {
    const operator = (node["operator"] as { value: string }).value;
    if (operator === "not") return !isTrue(await this.#operand(node["argument"], scope));
    const value = await this.#defined(node["argument"], scope);
    if (value instanceof TemplateDelta) return new TemplateDelta(operator === "-" ? -value.ms : value.ms);
    return operator === "-" ? -(value as number) : value;
  }

  async #binary(node: Node, scope: Scope): Promise<unknown> {
    const operator = (node["operator"] as { value: string }).value;
    if (operator === "and" || operator === "or") {
      const first = await this.#operand(node["left"], scope);
      return isTrue(first) === (operator === "and") ? this.#operand(node["right"], scope) : first;
    }
    const left = await this.#defined(node["left"], scope);
    return binary(operator, left, await this.#defined(node["right"], scope));
  }
}

function binary(operator: string, left: unknown, right: unknown): unknown {
  switch (operator) {
    case "==":
      return equal(left, right);
    case "!=":
      return !equal(left, right);
    case "<":
    case ">":
    case "<=":
    case ">=":
      return order(operator, left, right);
    case "in":
      return contains(right, left);
    case "not in":
      return !contains(right, left);
    case "~":
      return pythonString(left) + pythonString(right);
    default:
      return arithmetic(operator, left, right);
  }
}

function arithmetic(operator: string, left: unknown, right: unknown): unknown {
  if (left instanceof TemplateDate || left instanceof TemplateDelta || right instanceof TemplateDelta) {
    return dateArithmetic(operator, left, right);
  }
  if (operator === "+" && Array.isArray(left) && Array.isArray(right))
    return [...(left as unknown[]), ...(right as unknown[])];
  if (operator === "+" && typeof left === "string" && typeof right === "string") return left + right;
  if (operator === "*" && typeof left === "string" && typeof right === "number")
    return left.repeat(Math.max(0, right));
  if (operator === "%" && typeof left === "string")
    return formatPercent(left, Array.isArray(right) ? right : [right]);
  if (typeof left !== "number" || typeof right !== "number") {
    throw new TypeError(
      `expected two numbers for "${operator}", got ${pythonString(left)} and ${pythonString(right)}`,
    );
  }
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return left / right;
    case "//":
      return Math.floor(left / right);
    case "%":
      return left - right * Math.floor(left / right);
    case "**":
      return left ** right;
    default:
      throw new TypeError(`unknown operator "${operator}"`);
  }
}

function dateArithmetic(operator: string, left: unknown, right: unknown): unknown {
  const sign = operator === "+" ? 1 : operator === "-" ? -1 : 0;
  if (left instanceof TemplateDate && right instanceof TemplateDelta && sign !== 0) {
    return new TemplateDate(left.ms + sign * right.ms, left.zone);
  }
  if (left instanceof TemplateDelta && right instanceof TemplateDate && sign === 1)
    return new TemplateDate(right.ms + left.ms, right.zone);
  if (left instanceof TemplateDate && right instanceof TemplateDate && sign === -1)
    return new TemplateDelta(left.ms - right.ms);
  if (left instanceof TemplateDelta && right instanceof TemplateDelta && sign !== 0)
    return new TemplateDelta(left.ms + sign * right.ms);
  if (left instanceof TemplateDelta && typeof right === "number" && operator === "*")
    return new TemplateDelta(left.ms * right);
  if (left instanceof TemplateDelta && typeof right === "number" && operator === "/")
    return new TemplateDelta(left.ms / right);
  throw new TypeError(`cannot compute ${pythonString(left)} ${operator} ${pythonString(right)}`);
}

function scalar(value: unknown): unknown {
  return value instanceof TemplateDate || value instanceof TemplateDelta ? value.ms : value;
}

function equal(left: unknown, right: unknown): boolean {
  const [a, b] = [scalar(left), scalar(right)];
  if (a !== null && b !== null && typeof a === "object" && typeof b === "object")
    return JSON.stringify(a) === JSON.stringify(b);
  return a === b;
}

function order(operator: string, left: unknown, right: unknown): boolean {
  const [a, b] = [scalar(left), scalar(right)];
  if (typeof a !== typeof b || (typeof a !== "number" && typeof a !== "string")) {
    throw new TypeError(`cannot compare ${pythonString(left)} and ${pythonString(right)}`);
  }
  const [x, y] = [a as number, b as number];
  return operator === "<" ? x < y : operator === ">" ? x > y : operator === "<=" ? x <= y : x >= y;
}

function contains(container: unknown, item: unknown): boolean {
  if (typeof container === "string") return container.includes(pythonString(item));
  if (isDictionary(container)) return Object.hasOwn(container, String(item));
  return (itemsOf(container) ?? []).some((other) => equal(other, item));
}

async function memberOf(object: unknown, key: unknown, computed: boolean): Promise<unknown> {
  const name = String(key);
  if (object instanceof Lookup)
    return (computed ? undefined : object.methods[name]) ?? (await object.get(name));
  if (object instanceof TemplateFunction) return object.members[name];
  if ((Array.isArray(object) || typeof object === "string") && typeof key === "number") return object.at(key);
  if (isDictionary(object) && Object.hasOwn(object, name)) return (await object[name]) as unknown;
  if (object instanceof TemplateDate || object instanceof TemplateDelta) return dateMember(object, name);
  return computed ? undefined : builtinMethod(object, name);
}

/** Only names that are not private: prototypes and symbols stay out of reach of templates. */
function dateMember(date: TemplateDate | TemplateDelta, name: string): unknown {
  if (name === "constructor" || name === "ms" || name.startsWith("_") || !(name in date)) return undefined;
  const value = (date as unknown as Values)[name];
  if (typeof value !== "function") return value;
  return new TemplateFunction((args, kwargs) =>
    (value as (...args: unknown[]) => unknown).apply(
      date,
      Object.keys(kwargs).length ? [...args, kwargs] : args,
    ),
  );
}

function assign(target: Node, value: unknown, scope: Scope): void {
  if (target.type === "Identifier") return scope.set(String(target["value"]), value);
  const names = nodes(target["value"]);
  const items = itemsOf(value);
  if (items?.length !== names.length)
    throw new TypeError(
      `expected ${names.length} values to unpack, got ${items?.length ?? pythonString(value)}`,
    );
  for (const [index, name] of names.entries()) assign(name, items[index], scope);
}

function loopOf(items: unknown[], index: number): Values {
  return {
    index: index + 1,
    index0: index,
    revindex: items.length - index,
    revindex0: items.length - index - 1,
    first: index === 0,
    last: index === items.length - 1,
    length: items.length,
    previtem: index > 0 ? items[index - 1] : new Undefined("loop.previtem"),
    nextitem: index < items.length - 1 ? items[index + 1] : new Undefined("loop.nextitem"),
  };
}

/** The dotted path of a member expression as the template spells it, where it is made of names alone. */
function spell(node: Node): string | undefined {
  if (node.type === "Identifier") return String(node["value"]);
  if (node.type !== "MemberExpression") return undefined;
  const object = spell(node["object"] as Node);
  const property = node["property"] as Node;
  if (object === undefined) return undefined;
  if (!node["computed"]) return `${object}.${String(property["value"])}`;
  return property.type.endsWith("Literal") ? `${object}[${JSON.stringify(property["value"])}]` : undefined;
}

function print(value: unknown): string {
  if (value instanceof Undefined) throw new UndefinedUsed(value.path);
  return pythonString(value);
}

function nodes(value: unknown): Node[] {
  return (value ?? []) as Node[];
}

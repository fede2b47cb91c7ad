/** `limit`, `offset`, `order_by` and `cursor` of every list, and the collections that answer them. */
import { z } from "zod";
import type { Cursor, ListColumns, ListPage, OrderKey } from "../../store/list-query.ts";
import type { ListResult, Place } from "../../store/read-list.ts";
import { HttpProblem } from "../http-problem.ts";

export const largestPage = 100;
const mostOrderKeys = 10;

/** More than `largestPage` is that; 0 is none, for the total alone. */
export const PageQuery = z.object({
  limit: z
    .int()
    .min(0)
    .default(50)
    .transform((limit) => Math.min(limit, largestPage)),
  offset: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
});

export const OrderedQuery = PageQuery.extend({ order_by: z.array(z.string()).optional() });
export const CursorQuery = OrderedQuery.extend({ cursor: z.string().nullable().optional() });

export interface Orders<Columns extends ListColumns> {
  readonly columns: Columns;
  /** Names that clients use → names of columns, where they differ or are several. */
  readonly names: { readonly [asked: string]: readonly (keyof Columns & string)[] };
  /** Where none is asked for. */
  readonly fallback: readonly OrderKey[];
  /** Ends every order, so that each row has one place. */
  readonly key: readonly (keyof Columns & string)[];
}

interface PageAsked {
  readonly limit: number;
  readonly offset: number;
  readonly order_by?: readonly string[] | undefined;
  readonly cursor?: string | null | undefined;
}

/** @throws HttpProblem 400 for a column that is not there, for too many, and for a cursor of another list. */
export function pageOf<Columns extends ListColumns>(asked: PageAsked, orders: Orders<Columns>): ListPage {
  const order = orderOf(asked.order_by ?? [], orders);
  const { limit, offset, cursor } = asked;
  if (cursor === null || cursor === undefined) return { limit, offset, order };
  return { limit, order, cursor: cursor === "" ? null : readCursor(cursor, order) };
}

export function orderOf<Columns extends ListColumns>(
  asked: readonly string[],
  { names, fallback, key }: Orders<Columns>,
): readonly OrderKey[] {
  if (asked.length > mostOrderKeys)
    throw new HttpProblem(
      400,
      `Ordering with more than ${mostOrderKeys} parameters is not allowed. Provided: ${JSON.stringify(asked)}`,
    );
  const chosen =
    asked.length === 0
      ? [...fallback]
      : asked.flatMap((text) => {
          const name = text.replace(/^-+/, "");
          const columns = Object.hasOwn(names, name) ? names[name] : undefined;
          if (columns === undefined)
            throw new HttpProblem(
              400,
              `Ordering with '${name}' is disallowed or the attribute does not exist on the model`,
            );
          return columns.map((column) => ({ name: column as string, descending: text.startsWith("-") }));
        });
  const seen = new Set<string>();
  const descending = chosen[0]?.descending ?? false;
  return [...chosen, ...key.map((name) => ({ name, descending }))].filter(({ name }) => {
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  });
}

/** Opaque to clients: the direction and the values of the order's columns. */
function writeCursor(place: Place | null, backward: boolean): string | null {
  if (place === null) return null;
  return Buffer.from(JSON.stringify([backward ? 1 : 0, ...place])).toString("base64url");
}

function readCursor(text: string, order: readonly OrderKey[]): Cursor {
  try {
    const [backward, ...values] = JSON.parse(Buffer.from(text, "base64url").toString()) as unknown[];
    const isPlace = values.every((value) => value === null || typeof value !== "object");
    if ((backward === 0 || backward === 1) && isPlace && values.length === order.length)
      return { backward: backward === 1, values: values as Place };
  } catch {
    // Not one of ours: refused below.
  }
  throw new HttpProblem(400, "Invalid cursor token");
}

/** The fields of a collection beside its rows, where a list is read by offset or by cursor. */
export function cursorFields({ total, countLimit, next, previous }: Omit<ListResult<unknown>, "rows">) {
  return {
    total_entries: total,
    total_entries_limit: countLimit,
    next_cursor: writeCursor(next, false),
    previous_cursor: writeCursor(previous, true),
  };
}

/** Rows and columns; a column that can be sorted says so in the address. Beyond 100 rows only what is seen is drawn. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./button.tsx";
import { Icon } from "./icons.tsx";
import { useAddress } from "./link.tsx";

export interface Column<Row> {
  id: string;
  label: string;
  /** The label is for those who do not see that the cells hold buttons. */
  quiet?: true;
  cell: (row: Row) => ReactNode;
  /** Values for `sort`: pressed once, and once more. */
  sort?: readonly [string, string];
  align?: "right";
  /** Not on a narrow screen. */
  wide?: boolean;
  className?: string;
}

interface TableProps<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  sort?: string;
  onSort?: (sort: string) => void;
  selected?: ReadonlySet<string>;
  onSelect?: (selected: Set<string>) => void;
}

const virtualFrom = 100;
const rowHeight = 37;

export function Table<Row>(props: TableProps<Row>) {
  const { rows } = props;
  return rows.length > virtualFrom ? (
    <VirtualTable {...props} />
  ) : (
    <Frame {...props} shown={rows.map((_, i) => i)} />
  );
}

function VirtualTable<Row>(props: TableProps<Row>) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: props.rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    <div
      ref={scroller}
      className="max-h-[70vh] overflow-auto rounded-lg"
      tabIndex={0}
      role="region"
      aria-label={props.label}
    >
      <Frame {...props} shown={items.map(({ index }) => index)} before={before} after={after} />
    </div>
  );
}

function Frame<Row>({
  label,
  columns,
  rows,
  keyOf,
  sort,
  onSort,
  selected,
  onSelect,
  shown,
  before = 0,
  after = 0,
}: TableProps<Row> & { shown: readonly number[]; before?: number; after?: number }) {
  const { t } = useTranslation();
  const all = selected !== undefined && rows.length > 0 && rows.every((row) => selected.has(keyOf(row)));
  const width = columns.length + (selected === undefined ? 0 : 1);
  return (
    <div className="card overflow-x-auto">
      <table
        className="w-full border-separate border-spacing-0 text-left"
        aria-label={label}
        aria-rowcount={rows.length + 1}
      >
        <thead>
          <tr className="text-xs text-faint">
            {selected === undefined ? null : (
              <th className="w-8 border-b py-2 pl-3">
                <input
                  type="checkbox"
                  aria-label={t("Select all")}
                  checked={all}
                  onChange={() => onSelect?.(all ? new Set() : new Set(rows.map(keyOf)))}
                />
              </th>
            )}
            {columns.map((column) => (
              <HeadCell key={column.id} column={column as Column<unknown>} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          <Gap columns={width} height={before} />
          {shown.map((index) => {
            const row = rows[index] as Row;
            const key = keyOf(row);
            return (
              <tr key={key} aria-rowindex={index + 2} className="group hover:bg-sunken/60">
                {selected === undefined ? null : (
                  <Choice name={key} selected={selected} onSelect={onSelect} />
                )}
                <Cells columns={columns} row={row} />
              </tr>
            );
          })}
          <Gap columns={width} height={after} />
        </tbody>
      </table>
    </div>
  );
}

/** Stands for rows that are not drawn. */
function Gap({ columns, height }: { columns: number; height: number }) {
  if (height <= 0) return null;
  return (
    <tr aria-hidden="true">
      <td colSpan={columns} style={{ height }} />
    </tr>
  );
}

function Choice({
  name,
  selected,
  onSelect,
}: {
  name: string;
  selected: ReadonlySet<string>;
  onSelect: ((selected: Set<string>) => void) | undefined;
}) {
  const { t } = useTranslation();
  return (
    <td className="border-b py-1.5 pl-3 group-last:border-b-0">
      <input
        type="checkbox"
        aria-label={`${t("Select")} ${name}`}
        checked={selected.has(name)}
        onChange={() => onSelect?.(toggled(selected, name))}
      />
    </td>
  );
}

function Cells<Row>({ columns, row }: { columns: readonly Column<Row>[]; row: Row }) {
  return columns.map((column) => (
    <td
      key={column.id}
      className={`border-b px-2 py-2 align-middle sm:px-3 group-last:border-b-0 ${column.align === "right" ? "text-right" : ""} ${column.wide ? "hidden md:table-cell" : ""} ${column.className ?? ""}`}
    >
      {column.cell(row)}
    </td>
  ));
}

function toggled(set: ReadonlySet<string>, key: string): Set<string> {
  const next = new Set(set);
  if (!next.delete(key)) next.add(key);
  return next;
}

function HeadCell({
  column,
  sort,
  onSort,
}: {
  column: Column<unknown>;
  sort: string | undefined;
  onSort: ((sort: string) => void) | undefined;
}) {
  const place = column.sort?.indexOf(sort ?? "") ?? -1;
  const direction =
    place < 0 ? undefined : (column.sort?.[place] ?? "").startsWith("-") ? "descending" : "ascending";
  return (
    <th
      scope="col"
      aria-sort={direction}
      className={`border-b px-2 py-2 font-medium whitespace-nowrap sm:px-3 ${column.align === "right" ? "text-right" : ""} ${column.wide ? "hidden md:table-cell" : ""}`}
    >
      {column.quiet ? (
        <span className="sr-only">{column.label}</span>
      ) : column.sort === undefined || onSort === undefined ? (
        column.label
      ) : (
        <button
          type="button"
          className="inline-flex items-center gap-1 hover:text-ink"
          onClick={() => onSort(column.sort?.[place === 0 ? 1 : 0] ?? "")}
        >
          {column.label}
          <span
            className={`transition-transform ${direction === undefined ? "opacity-25" : ""} ${direction === "ascending" ? "rotate-180" : ""}`}
          >
            <Icon name="chevronDown" size={12} />
          </span>
        </button>
      )}
    </th>
  );
}

/** Where the page of a list starts: the address has it. */
export function useOffset(): number {
  const [address] = useAddress();
  return Number(address["offset"] ?? 0);
}

/** Leads through the pages of a list, whose place is in the address (`useOffset`). */
export function Pager({ limit, total }: { limit: number; total: number }) {
  const [, change] = useAddress();
  const offset = useOffset();
  const go = (next: number): void => change({ offset: next === 0 ? undefined : String(next) });
  const { t } = useTranslation();
  if (total <= limit && offset === 0) return null;
  return (
    <div className="mt-3 flex items-center justify-end gap-3 text-sm text-soft">
      <span className="tabular-nums">
        {t("{{from}}–{{to}} of {{total}}", { from: offset + 1, to: Math.min(total, offset + limit), total })}
      </span>
      <Button
        small
        icon="chevronLeft"
        disabled={offset === 0}
        onClick={() => go(Math.max(0, offset - limit))}
      >
        {t("Previous")}
      </Button>
      <Button small disabled={offset + limit >= total} onClick={() => go(offset + limit)}>
        {t("Next")}
        <Icon name="chevronRight" size={14} />
      </Button>
    </div>
  );
}

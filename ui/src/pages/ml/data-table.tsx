/** A table of values, of which only what is on the screen is drawn. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import { numberText } from "../../components/numbers.ts";

const rowHeight = 28;

type Value = string | number | boolean | null | object;

const textOf = (value: Value | undefined): string => {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return numberText(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
};

export function DataTable({
  label,
  columns,
  rows,
}: {
  label: string;
  columns: readonly string[];
  rows: readonly (readonly Value[])[];
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 20,
  });
  const items = virtual.getVirtualItems();
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    <div ref={scroller} className="min-h-64 flex-1 overflow-auto" tabIndex={0}>
      <table
        className="border-separate border-spacing-0 text-left text-xs"
        aria-label={label}
        aria-rowcount={rows.length + 1}
      >
        <thead>
          <tr>
            <td className="sticky top-0 z-10 border-b bg-surface px-3 py-1.5 text-faint" />
            {columns.map((name, index) => (
              <th
                key={index}
                scope="col"
                className="sticky top-0 z-10 border-b bg-surface px-3 py-1.5 font-medium whitespace-nowrap"
              >
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {before > 0 ? (
            <tr aria-hidden="true">
              <td colSpan={columns.length + 1} style={{ height: before }} />
            </tr>
          ) : null}
          {items.map(({ index }) => (
            <tr
              key={index}
              aria-rowindex={index + 2}
              className="hover:bg-sunken/60"
              style={{ height: rowHeight }}
            >
              <td className="border-b px-3 text-right text-faint tabular-nums">{index + 1}</td>
              {columns.map((_, column) => (
                <td
                  key={column}
                  className="max-w-96 truncate border-b px-3 font-mono"
                  title={textOf(rows[index]?.[column])}
                >
                  {textOf(rows[index]?.[column])}
                </td>
              ))}
            </tr>
          ))}
          {after > 0 ? (
            <tr aria-hidden="true">
              <td colSpan={columns.length + 1} style={{ height: after }} />
            </tr>
          ) : null}
        </tbody>
      </table>
    </div>
  );
}

/** A value as it is: a table where it is a list of rows, else JSON that folds. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Json } from "../api/types.ts";
import { Icon } from "./icons.tsx";

export function JsonView({ value }: { value: Json }) {
  const rows = asRows(value);
  if (rows !== null) return <RowsTable rows={rows} />;
  if (typeof value === "string" && /^data:image\/(png|jpeg|gif|webp);base64,/.test(value))
    return <img src={value} alt="" className="max-h-80 max-w-full rounded border" />;
  return (
    <div className="overflow-x-auto font-mono text-xs leading-5">
      <Node value={value} depth={0} />
    </div>
  );
}

/** A list of objects with nothing but plain values in them. */
function asRows(value: Json): { [name: string]: Json }[] | null {
  if (!Array.isArray(value) || value.length === 0) return null;
  const plain = value.every(
    (row) =>
      row !== null &&
      typeof row === "object" &&
      !Array.isArray(row) &&
      Object.values(row).every((one) => one === null || typeof one !== "object"),
  );
  return plain ? (value as { [name: string]: Json }[]) : null;
}

const mostRows = 200;

function RowsTable({ rows }: { rows: readonly { [name: string]: Json }[] }) {
  const { t } = useTranslation();
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return (
    <div className="overflow-x-auto rounded-md border">
      <table className="w-full text-left text-xs">
        <thead>
          <tr className="bg-sunken text-faint">
            {names.map((name) => (
              <th key={name} scope="col" className="px-2.5 py-1.5 font-medium">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, mostRows).map((row, index) => (
            <tr key={index} className="border-t">
              {names.map((name) => (
                <td key={name} className="px-2.5 py-1 font-mono">
                  {row[name] === undefined ? "" : String(row[name])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > mostRows ? (
        <p className="border-t px-2.5 py-1.5 text-xs text-faint">
          {t("and {{count}} more", { count: rows.length - mostRows })}
        </p>
      ) : null}
    </div>
  );
}

function Node({ value, depth, name }: { value: Json; depth: number; name?: string }) {
  const [open, setOpen] = useState(depth < 3);
  const key = name === undefined ? null : <span className="text-accent-text">{JSON.stringify(name)}: </span>;
  if (value === null || typeof value !== "object")
    return (
      <div className="whitespace-pre-wrap break-all">
        {key}
        <span className={typeof value === "string" ? "" : "text-soft"}>{JSON.stringify(value)}</span>
      </div>
    );
  const isList = Array.isArray(value);
  const entries = isList ? value.map((one) => [undefined, one] as const) : Object.entries(value);
  const [first, last] = isList ? ["[", "]"] : ["{", "}"];
  if (entries.length === 0)
    return (
      <div>
        {key}
        {first}
        {last}
      </div>
    );
  return (
    <div>
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="inline-flex items-center gap-0.5"
      >
        <Icon name={open ? "chevronDown" : "chevronRight"} size={11} />
        {key}
        {first}
        {open ? "" : ` … ${entries.length} ${last}`}
      </button>
      {open ? (
        <>
          <div className="ml-1.5 border-l pl-3">
            {entries.slice(0, 500).map(([name, one], index) => (
              <Node
                key={name ?? index}
                value={one}
                depth={depth + 1}
                {...(name === undefined ? {} : { name })}
              />
            ))}
            {entries.length > 500 ? <div className="text-faint">… {entries.length - 500}</div> : null}
          </div>
          <div>{last}</div>
        </>
      ) : null}
    </div>
  );
}

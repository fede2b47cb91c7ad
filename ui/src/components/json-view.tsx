/** A value as it is: a table where it is a list of rows, else JSON that folds. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Json } from "../api/types.ts";
import { asRows } from "./as-rows.ts";
import { Icon } from "./icons.tsx";

export function JsonView({ value }: { value: Json }) {
  const { t } = useTranslation();
  const rows = asRows(value);
  if (rows !== null) return <RowsTable rows={rows} />;
  const image = imageOf(value);
  if (image !== null)
    return <img src={image} alt={t("Image")} className="max-h-96 max-w-full rounded border bg-white" />;
  return (
    <div className="overflow-x-auto font-mono text-xs leading-5">
      <Node value={value} depth={0} />
    </div>
  );
}

/** First characters of base64 of the formats that browsers draw. */
const beginnings: readonly (readonly [string, string])[] = [
  ["iVBORw0KGgo", "png"],
  ["/9j/", "jpeg"],
  ["R0lGOD", "gif"],
  ["UklGR", "webp"],
];

/** A data address, base64 of an image, or bytes as Python tasks leave them (`{"__type__": "bytes", …}`). */
function imageOf(value: Json): string | null {
  if (value !== null && typeof value === "object" && !Array.isArray(value))
    return value["__type__"] === "bytes" && typeof value["value"] === "string"
      ? imageOf(value["value"])
      : null;
  if (typeof value !== "string" || value.length < 64) return null;
  if (/^data:image\/(png|jpeg|gif|webp);base64,/.test(value)) return value;
  const type = beginnings.find(([beginning]) => value.startsWith(beginning))?.[1];
  return type !== undefined && /^[A-Za-z0-9+/\s]+=*\s*$/.test(value)
    ? `data:image/${type};base64,${value}`
    : null;
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

/**
 * The first rows of a Parquet file. It is read in the browser of whoever looks: a file that was made to burst its reader
 * takes one tab with it and not the server (ADR 151). The reader comes with the first file.
 */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { bytesText } from "../../components/numbers.ts";
import { Empty, Failure, Loading } from "../../components/page.tsx";
import type { ShownTable } from "./artifact-reading.ts";
import { DataTable } from "./data-table.tsx";
import { fetchBytes, TooLarge } from "./fetch-bytes.ts";

const mostRows = 1000;
const mostBytes = 64 * 1024 * 1024;

interface ReadParquet extends ShownTable {
  total: number;
}

export function ParquetView({ address, name, subject }: { address: string; name: string; subject: string }) {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery({
    queryKey: ["ml", [subject], "parquet", address],
    queryFn: async ({ signal }) => readParquet(await fetchBytes(address, mostBytes, signal)),
    retry: false,
  });
  if (error instanceof TooLarge)
    return (
      <Empty icon="file" title={t("This file is too large to be shown")}>
        {t("{{size}}; up to {{most}} are shown. Download it to look at it.", {
          size: bytesText(error.size),
          most: bytesText(mostBytes),
        })}
      </Empty>
    );
  if (data === undefined)
    return error ? <Failure error={error} retry={() => void refetch()} /> : <Loading rows={8} />;
  return (
    <>
      <p className="border-b px-4 py-1.5 text-xs text-soft tabular-nums">
        {data.total > data.rows.length
          ? t("The first {{shown}} of {{total}} rows", { shown: data.rows.length, total: data.total })
          : t("{{count}} rows", { count: data.total })}{" "}
        · {t("{{count}} columns", { count: data.columns.length })}
      </p>
      <DataTable label={name} columns={data.columns} rows={data.rows} />
    </>
  );
}

async function readParquet(file: ArrayBuffer): Promise<ReadParquet> {
  const { parquetMetadata, parquetReadObjects, parquetSchema } = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  const metadata = parquetMetadata(file);
  const columns = parquetSchema(metadata).children.map(({ element }) => element.name);
  const total = Number(metadata.num_rows);
  const rows = await parquetReadObjects({
    file,
    metadata,
    compressors,
    rowStart: 0,
    rowEnd: Math.min(total, mostRows),
  });
  return { columns, total, rows: rows.map((row) => columns.map((column) => shown(row[column]))) };
}

type Shown = ShownTable["rows"][number][number];

/** Whole numbers of 64 bits keep their digits; dates are texts; what is nested is JSON. */
function shown(value: unknown): Shown {
  if (value === null || value === undefined) return null;
  if (typeof value === "bigint") return String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return bytesText(value.length);
  if (typeof value === "object")
    return JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? String(one) : one));
  return value as Shown;
}

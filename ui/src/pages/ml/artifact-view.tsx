/** One file: shown as what it is where that is safe and small enough, and always to be had. */
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Json } from "../../api/types.ts";
import { Icon } from "../../components/icons.tsx";
import { JsonView } from "../../components/json-view.tsx";
import { MarkdownText } from "../../components/markdown.tsx";
import { Empty, Failure, Loading } from "../../components/page.tsx";
import { fileAddress, pageAddress } from "./artifact-files.ts";
import { parseDelimited, tableIn, type Viewer, viewerOf } from "./artifact-reading.ts";
import { DataTable } from "./data-table.tsx";

const CodeView = lazy(() =>
  import("../../components/code-view.tsx").then(({ CodeView }) => ({ default: CodeView })),
);
const ParquetView = lazy(() =>
  import("./parquet-view.tsx").then(({ ParquetView }) => ({ default: ParquetView })),
);
const PdfView = lazy(() => import("./pdf-view.tsx").then(({ PdfView }) => ({ default: PdfView })));

export function ArtifactView({ place, subject }: { place: string; subject: string }) {
  const { t } = useTranslation();
  const name = place.split("/").at(-1) ?? "";
  const viewer = viewerOf(place);
  return (
    <div className="flex min-h-0 min-w-0 flex-1 flex-col">
      <div className="flex shrink-0 items-center gap-2 border-b px-4 py-2">
        <h2 className="min-w-0 flex-1 truncate font-mono text-xs font-medium">{name}</h2>
        <a
          href={fileAddress(place)}
          download={name}
          className="inline-flex h-7 items-center gap-1.5 rounded-md border border-line-strong bg-surface px-2 text-xs font-medium hover:bg-sunken"
        >
          <Icon name="download" size={14} />
          {t("Download")}
        </a>
      </div>
      <div
        className="flex min-h-0 flex-1 flex-col overflow-auto"
        tabIndex={0}
        role="region"
        aria-label={name}
      >
        <Content viewer={viewer} place={place} name={name} subject={subject} />
      </div>
    </div>
  );
}

function Content(props: { viewer: Viewer; place: string; name: string; subject: string }) {
  const { t } = useTranslation();
  const { viewer, place, name } = props;
  if (viewer === "image")
    return (
      <div className="grid flex-1 place-items-center p-4">
        <img
          src={fileAddress(place)}
          alt={name}
          className="max-h-full max-w-full rounded bg-white object-contain"
        />
      </div>
    );
  if (viewer === "html")
    return (
      // No `allow-same-origin`: its scripts run in an origin of their own, without a way to ours or to any address.
      <iframe
        src={pageAddress(place)}
        title={name}
        sandbox="allow-scripts"
        referrerPolicy="no-referrer"
        className="min-h-96 w-full flex-1 bg-white"
      />
    );
  if (viewer === "parquet" || viewer === "pdf")
    return (
      <Suspense fallback={<Loading rows={8} />}>
        {viewer === "pdf" ? (
          <PdfView key={place} address={fileAddress(place)} name={name} />
        ) : (
          <ParquetView address={fileAddress(place)} name={name} subject={props.subject} />
        )}
      </Suspense>
    );
  if (viewer === "none")
    return (
      <Empty icon="file" title={t("This file is not shown here")}>
        {t("Download it to look at it.")}
      </Empty>
    );
  return <TextContent {...props} />;
}

/** Longer texts are cut: a browser would stand still. */
const mostCharacters = 2_000_000;

function TextContent({
  viewer,
  place,
  name,
  subject,
}: {
  viewer: Viewer;
  place: string;
  name: string;
  subject: string;
}) {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery({
    queryKey: ["ml", [subject], "file", place],
    queryFn: ({ signal }) => readText(place, signal),
    retry: false,
  });
  if (data === undefined)
    return error ? <Failure error={error} retry={() => void refetch()} /> : <Loading rows={8} />;
  return (
    <>
      {data.isCut ? (
        <p className="bg-warn-soft px-4 py-1.5 text-xs text-warn-text">
          {t("Only the beginning is shown. Download the file to see all of it.")}
        </p>
      ) : null}
      <Suspense fallback={<Loading rows={8} />}>
        <Read viewer={viewer} text={data.text} name={name} isCut={data.isCut} />
      </Suspense>
    </>
  );
}

async function readText(place: string, signal: AbortSignal): Promise<{ text: string; isCut: boolean }> {
  const response = await fetch(fileAddress(place), { signal, credentials: "same-origin" });
  if (!response.ok) {
    const answer = (await response.json().catch(() => null)) as { message?: string } | null;
    throw new Error(answer?.message ?? `HTTP ${response.status}`);
  }
  let text = "";
  for await (const part of partsOf(response)) {
    text += part;
    if (text.length >= mostCharacters) return { text: text.slice(0, mostCharacters), isCut: true };
  }
  return { text, isCut: false };
}

/** What is not asked for any more is not fetched any more. */
async function* partsOf(response: Response): AsyncGenerator<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}

const mostRows = 5000;

function Read({ viewer, text, name, isCut }: { viewer: Viewer; text: string; name: string; isCut: boolean }) {
  const table = useMemo(() => {
    if (viewer !== "table") return null;
    const [columns = [], ...rows] = parseDelimited(
      text,
      name.toLowerCase().endsWith(".tsv") ? "\t" : ",",
      mostRows,
    );
    return { columns, rows };
  }, [viewer, text, name]);
  const json = useMemo(() => (viewer === "json" && !isCut ? jsonOf(text) : undefined), [viewer, text, isCut]);
  if (table !== null) return <DataTable label={name} columns={table.columns} rows={table.rows} />;
  if (json !== undefined) {
    const inside = tableIn(json);
    if (inside !== null) return <DataTable label={name} columns={inside.columns} rows={inside.rows} />;
    return (
      <div className="p-4">
        <JsonView value={json} />
      </div>
    );
  }
  if (viewer === "markdown")
    return (
      <div className="max-w-4xl p-4">
        <MarkdownText text={text} />
      </div>
    );
  return (
    <div className="min-h-0 flex-1">
      <CodeView path={name} text={text} line={null} />
    </div>
  );
}

/** Undefined for what is no JSON: it is shown as the text that it is. Python writes NaN, which JSON has not. */
function jsonOf(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    try {
      return JSON.parse(text.replace(/(?<=[[,:]\s*)-?(NaN|Infinity)(?=\s*[,\]}])/g, '"$1"')) as Json;
    } catch {
      return undefined;
    }
  }
}

/** The text of each version of a Dag; and what changed between two, in the text and in the graph. */
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useVersionSource, useVersions } from "../api/queries.ts";
import type { DagHeader, VersionItem, VersionSource } from "../api/types.ts";
import { CodeView, DiffView } from "../components/code-view.tsx";
import { Segments, Select } from "../components/field.tsx";
import { useAddress } from "../components/link.tsx";
import { Empty, Loaded, Loading } from "../components/page.tsx";
import { Time, useFormat } from "../components/time.tsx";

const VersionGraphs = lazy(() =>
  import("./version-graphs.tsx").then(({ VersionGraphs }) => ({ default: VersionGraphs })),
);

export function DagCode({ dag }: { dag: DagHeader }) {
  const { t } = useTranslation();
  return (
    <Loaded query={useVersions(dag.dagId)}>
      {(versions) =>
        versions.length === 0 ? (
          <Empty icon="code" title={t("There is no version yet")} />
        ) : (
          <Versions dagId={dag.dagId} versions={versions} />
        )
      }
    </Loaded>
  );
}

type Shown = "text" | "graph";

/** Which version is shown, and which it is compared with. */
function useChosen(versions: readonly VersionItem[]) {
  const [address] = useAddress();
  const current = versions.find(({ isCurrent }) => isCurrent) ?? versions[0];
  return {
    shown: Number(address["version"] ?? current?.versionNumber),
    against: address["against"] === undefined ? null : Number(address["against"]),
    as: (address["as"] ?? "text") as Shown,
  };
}

function Versions({ dagId, versions }: { dagId: string; versions: readonly VersionItem[] }) {
  const { shown, against, as } = useChosen(versions);
  const source = useVersionSource(dagId, shown);
  const other = useVersionSource(dagId, against);
  return (
    <>
      <Choices versions={versions} />
      {against !== null && as === "graph" ? (
        <Suspense fallback={<Loading />}>
          <VersionGraphs key={`${against} ${shown}`} dagId={dagId} before={against} after={shown} />
        </Suspense>
      ) : (
        <Loaded query={source}>
          {(text) =>
            against !== null && other.data === undefined ? (
              <Loading />
            ) : (
              <Source source={text} before={against === null ? null : (other.data ?? null)} />
            )
          }
        </Loaded>
      )}
    </>
  );
}

function Choices({ versions }: { versions: readonly VersionItem[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [, change] = useAddress();
  const { shown, against, as } = useChosen(versions);
  const name = (version: VersionItem): string =>
    `v${version.versionNumber}${version.isCurrent ? ` (${t("current")})` : ""} · ${format(version.createdAt)}`;
  const options = versions.map((version) => ({
    value: String(version.versionNumber),
    label: name(version),
  }));
  return (
    <div className="flex flex-wrap items-center gap-2 border-b bg-surface px-4 py-2 sm:px-6">
      <Select
        label={t("Version")}
        value={String(shown)}
        onChange={(version) => change({ version })}
        options={options}
      />
      {versions.length < 2 ? null : (
        <Select
          label={t("Compare with")}
          value={against === null ? "" : String(against)}
          onChange={(next) => change({ against: next })}
          options={[
            { value: "", label: t("no comparison") },
            ...options
              .filter(({ value }) => value !== String(shown))
              .map(({ value, label }) => ({ value, label: `${t("against")} ${label}` })),
          ]}
        />
      )}
      {against === null ? null : (
        <Segments<Shown>
          label={t("What is compared")}
          value={as}
          onChange={(next) => change({ as: next === "text" ? undefined : next })}
          options={[
            { value: "text", label: t("Code") },
            { value: "graph", label: t("Graph") },
          ]}
        />
      )}
      <span className="ml-auto text-xs text-faint">
        {t("Imported")}{" "}
        <Time at={versions.find(({ versionNumber }) => versionNumber === shown)?.createdAt} style="full" />
      </span>
    </div>
  );
}

function Source({ source, before }: { source: VersionSource; before: VersionSource | null }) {
  const { t } = useTranslation();
  const [address] = useAddress();
  const path = address["file"] ?? source.mainFile;
  const file = source.files.find((one) => one.path === path) ?? source.files[0];
  const line = address["line"] === undefined ? null : Number(address["line"]);
  if (file === undefined) return <Empty icon="code" title={t("The version has no text")} />;
  const old = before?.files.find((one) => one.path === file.path)?.content ?? "";
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      {source.files.length < 2 ? null : <Files source={source} shown={file.path} />}
      <div className="min-h-0 flex-1">
        {before === null ? (
          <CodeView path={file.path} text={file.content} line={line} />
        ) : (
          <DiffView path={file.path} before={old} after={file.content} />
        )}
      </div>
    </div>
  );
}

function Files({ source, shown }: { source: VersionSource; shown: string }) {
  const { t } = useTranslation();
  const [, change] = useAddress();
  return (
    <div
      role="group"
      aria-label={t("Files")}
      className="flex gap-1 overflow-x-auto border-b bg-surface px-4 py-1.5 sm:px-6"
    >
      {source.files.map(({ path }) => (
        <button
          key={path}
          type="button"
          aria-pressed={path === shown}
          onClick={() => change({ file: path === source.mainFile ? undefined : path, line: undefined })}
          className={`shrink-0 rounded px-2 py-0.5 font-mono text-xs ${path === shown ? "bg-accent-soft text-accent-text" : "text-soft hover:bg-sunken"}`}
        >
          {path}
        </button>
      ))}
    </div>
  );
}

/** The text of each version of a Dag, and what changed between two. */
import { useTranslation } from "react-i18next";
import { useVersionSource, useVersions } from "../api/queries.ts";
import type { DagHeader, VersionItem, VersionSource } from "../api/types.ts";
import { CodeView, DiffView } from "../components/code-view.tsx";
import { Select } from "../components/field.tsx";
import { useAddress } from "../components/link.tsx";
import { Empty, Loaded, Loading } from "../components/page.tsx";
import { Time, useFormat } from "../components/time.tsx";

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

function Versions({ dagId, versions }: { dagId: string; versions: readonly VersionItem[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [address, change] = useAddress();
  const current = versions.find(({ isCurrent }) => isCurrent) ?? versions[0];
  const shown = Number(address["version"] ?? current?.versionNumber);
  const against = address["against"] === undefined ? null : Number(address["against"]);
  const source = useVersionSource(dagId, shown);
  const other = useVersionSource(dagId, against);
  const name = (version: VersionItem): string =>
    `v${version.versionNumber}${version.isCurrent ? ` (${t("current")})` : ""} · ${format(version.createdAt)}`;
  return (
    <>
      <div className="flex flex-wrap items-center gap-2 border-b bg-surface px-4 py-2 sm:px-6">
        <Select
          label={t("Version")}
          value={String(shown)}
          onChange={(version) => change({ version })}
          options={versions.map((version) => ({
            value: String(version.versionNumber),
            label: name(version),
          }))}
        />
        {versions.length < 2 ? null : (
          <Select
            label={t("Compare with")}
            value={against === null ? "" : String(against)}
            onChange={(next) => change({ against: next })}
            options={[
              { value: "", label: t("no comparison") },
              ...versions
                .filter(({ versionNumber }) => versionNumber !== shown)
                .map((version) => ({
                  value: String(version.versionNumber),
                  label: `${t("against")} ${name(version)}`,
                })),
            ]}
          />
        )}
        <span className="ml-auto text-xs text-faint">
          {t("Imported")}{" "}
          <Time at={versions.find(({ versionNumber }) => versionNumber === shown)?.createdAt} style="full" />
        </span>
      </div>
      <Loaded query={source}>
        {(text) =>
          against !== null && other.data === undefined ? (
            <Loading />
          ) : (
            <Source source={text} before={against === null ? null : (other.data ?? null)} />
          )
        }
      </Loaded>
    </>
  );
}

function Source({ source, before }: { source: VersionSource; before: VersionSource | null }) {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const path = address["file"] ?? source.mainFile;
  const file = source.files.find((one) => one.path === path) ?? source.files[0];
  const line = address["line"] === undefined ? null : Number(address["line"]);
  if (file === undefined) return <Empty icon="code" title={t("The version has no text")} />;
  const old = before?.files.find((one) => one.path === file.path)?.content ?? "";
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      {source.files.length < 2 ? null : (
        <div
          role="group"
          aria-label={t("Files")}
          className="flex gap-1 overflow-x-auto border-b bg-surface px-4 py-1.5 sm:px-6"
        >
          {source.files.map((one) => (
            <button
              key={one.path}
              type="button"
              aria-pressed={one.path === file.path}
              onClick={() =>
                change({ file: one.path === source.mainFile ? undefined : one.path, line: undefined })
              }
              className={`shrink-0 rounded px-2 py-0.5 font-mono text-xs ${one.path === file.path ? "bg-accent-soft text-accent-text" : "text-soft hover:bg-sunken"}`}
            >
              {one.path}
            </button>
          ))}
        </div>
      )}
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

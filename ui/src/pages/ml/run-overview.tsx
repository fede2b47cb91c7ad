import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../api/session.ts";
import { tagRun } from "../../api/tracking.ts";
import type { DatasetUse, LoggedModelItem, RunPage } from "../../api/tracking-types.ts";
import { Link, paths } from "../../components/link.tsx";
import { numberText } from "../../components/numbers.ts";
import { Time } from "../../components/time.tsx";
import { Facts } from "../grid-side.tsx";
import { DatasetDialog } from "./dataset-dialog.tsx";
import { Description } from "./description.tsx";
import { KeyValueTable } from "./key-value-table.tsx";
import { StatusIcon } from "./run-status.tsx";
import { TagsEditor } from "./tags.tsx";

const noteTag = "mlflow.note.content";

export function RunOverview({ run }: { run: RunPage }) {
  const { t } = useTranslation();
  const may = useMay();
  const mayEdit = may("edit", "Experiments") && run.lifecycleStage === "active";
  const metrics = run.metrics.filter(({ key }) => !key.startsWith("system/"));
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
      <div className="flex min-w-0 flex-col gap-4">
        <Description
          text={run.tags.find(({ key }) => key === noteTag)?.value ?? ""}
          save={mayEdit ? (text) => tagRun(run.runId, noteTag, text) : null}
        />
        <div className="grid items-start gap-4 xl:grid-cols-2">
          <KeyValueTable
            title={t("Metrics")}
            rows={metrics.map(({ key, value }) => ({ key, value: numberText(value) }))}
            linkOf={(key) =>
              `${paths.trackedRun(run.experimentId, run.runId, "metrics")}?m=${encodeURIComponent(`^${escaped(key)}$`)}`
            }
          />
          <KeyValueTable title={t("Parameters")} rows={run.params} />
        </div>
        <Children run={run} />
      </div>
      <div className="flex min-w-0 flex-col gap-4">
        <section className="card p-4">
          <RunFactList run={run} />
        </section>
        <section className="card p-4" aria-label={t("Tags")}>
          <h2 className="mb-2 font-semibold">{t("Tags")}</h2>
          <TagsEditor tags={run.tags} save={mayEdit ? (key, value) => tagRun(run.runId, key, value) : null} />
        </section>
        <Versions run={run} />
        <Models title={t("Models that it made")} models={run.models} run={run} />
        <Models title={t("Models that it used")} models={run.inputModels} run={run} />
        <Datasets datasets={run.datasets} />
      </div>
    </div>
  );
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

function RunFactList({ run }: { run: RunPage }) {
  const { t } = useTranslation();
  const tag = (key: string): string | null => run.tags.find((one) => one.key === key)?.value ?? null;
  const source = tag("mlflow.source.name");
  const commit = tag("mlflow.source.git.commit");
  const facts: [string, React.ReactNode][] = [
    [
      t("Run ID"),
      <span key="i" className="font-mono text-xs break-all">
        {run.runId}
      </span>,
    ],
    ...(run.origin === null
      ? []
      : ([
          [
            t("Made by"),
            <Link
              key="o"
              to={paths.task(
                run.origin.dagId,
                run.origin.dagRunId,
                run.origin.taskId,
                run.origin.mapIndex,
                `?try=${run.origin.tryNumber}`,
              )}
              className="link break-words"
            >
              {run.origin.dagId} · {run.origin.taskId}
              {run.origin.mapIndex < 0 ? "" : `[${run.origin.mapIndex}]`} ·{" "}
              {t("Try {{number}}", { number: run.origin.tryNumber })}
            </Link>,
          ],
          [
            t("Dag run"),
            <Link
              key="d"
              to={paths.run(run.origin.dagId, run.origin.dagRunId)}
              className="link font-mono text-xs break-all"
            >
              {run.origin.dagRunId}
            </Link>,
          ],
        ] as [string, React.ReactNode][])),
    [t("Started"), <Time key="s" at={run.startTime === 0 ? null : run.startTime} style="full" />],
    [t("Ended"), <Time key="e" at={run.endTime} style="full" />],
    ...(source === null ? [] : ([[t("Source"), source]] as [string, React.ReactNode][])),
    ...(commit === null
      ? []
      : ([
          [
            t("Commit"),
            <span key="g" className="font-mono text-xs break-all">
              {commit}
            </span>,
          ],
        ] as [string, React.ReactNode][])),
    [
      t("Artifacts"),
      <span key="a" className="font-mono text-xs break-all">
        {run.artifactUri}
      </span>,
    ],
  ];
  return <Facts facts={facts} />;
}

function Children({ run }: { run: RunPage }) {
  const { t } = useTranslation();
  if (run.children.length === 0) return null;
  return (
    <section className="card p-4">
      <div className="mb-2 flex items-center gap-3">
        <h2 className="font-semibold">{t("Runs within it")}</h2>
        {run.children.length < 2 ? null : (
          <Link
            to={paths.compareRuns(
              run.children.slice(0, 100).map(({ runId }) => runId),
              [run.experimentId],
            )}
            className="link text-xs"
          >
            {t("Compare them")}
          </Link>
        )}
      </div>
      <ul className="grid gap-1 sm:grid-cols-2">
        {run.children.map((child) => (
          <li key={child.runId} className="min-w-0">
            <Link
              to={paths.trackedRun(run.experimentId, child.runId)}
              className="inline-flex max-w-full items-center gap-1.5 hover:underline"
            >
              <StatusIcon status={child.status} />
              <span className="truncate">{child.name}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Versions({ run }: { run: RunPage }) {
  const { t } = useTranslation();
  if (run.versions.length === 0) return null;
  return (
    <section className="card p-4">
      <h2 className="mb-2 font-semibold">{t("Registered as")}</h2>
      <ul className="flex flex-col gap-1">
        {run.versions.map(({ name, version, stage, aliases }) => (
          <li key={`${name} ${version}`} className="flex flex-wrap items-center gap-2">
            <Link to={paths.modelVersion(name, version)} className="link">
              {t("{{name}} version {{version}}", { name, version })}
            </Link>
            {aliases.map((alias) => (
              <span key={alias} className="rounded bg-accent-soft px-1.5 text-2xs text-accent-text">
                @{alias}
              </span>
            ))}
            {stage === "None" ? null : <span className="text-xs text-faint">{stage}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Models({ title, models, run }: { title: string; models: readonly LoggedModelItem[]; run: RunPage }) {
  if (models.length === 0) return null;
  return (
    <section className="card p-4">
      <h2 className="mb-2 font-semibold">{title}</h2>
      <ul className="flex flex-col gap-2">
        {models.map((model) => (
          <li key={model.modelId}>
            <Link
              to={`${paths.trackedRun(run.experimentId, model.sourceRunId ?? run.runId, "artifacts")}?root=${model.modelId}`}
              className="link font-medium"
            >
              {model.name}
            </Link>
            <span className="ml-2 text-xs text-faint">{model.status.toLowerCase().replaceAll("_", " ")}</span>
            <p className="font-mono text-2xs break-all text-faint">{model.modelId}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Datasets({ datasets }: { datasets: readonly DatasetUse[] }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<DatasetUse | null>(null);
  if (datasets.length === 0) return null;
  return (
    <section className="card p-4">
      <h2 className="mb-2 font-semibold">{t("Data sets")}</h2>
      <ul className="flex flex-col gap-1">
        {datasets.map((one) => (
          <li key={`${one.name} ${one.digest}`} className="flex flex-wrap items-center gap-2">
            <button type="button" className="link" onClick={() => setOpen(one)}>
              {one.name}
            </button>
            <span className="font-mono text-2xs text-faint">{one.digest}</span>
            {one.context === "" ? null : (
              <span className="rounded bg-sunken px-1.5 text-2xs text-soft">{one.context}</span>
            )}
          </li>
        ))}
      </ul>
      {open === null ? null : <DatasetDialog dataset={open} onClose={() => setOpen(null)} />}
    </section>
  );
}

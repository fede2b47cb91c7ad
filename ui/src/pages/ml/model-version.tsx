/** One version of a model: where it stands, what it was measured at, what it takes, where it came from. */
import { useParams } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../api/session.ts";
import { describeVersion, tagVersion, useModelVersion } from "../../api/tracking.ts";
import type { ModelVersionPage } from "../../api/tracking-types.ts";
import { Link, paths } from "../../components/link.tsx";
import { numberText } from "../../components/numbers.ts";
import { Failure, Loading, Page, Tabs } from "../../components/page.tsx";
import { Time } from "../../components/time.tsx";
import { Facts } from "../grid-side.tsx";
import { LineageLink } from "../lineage/lineage-link.tsx";
import { Description } from "./description.tsx";
import { KeyValueTable } from "./key-value-table.tsx";
import { ModelHistory } from "./model-history.tsx";
import { SignatureTable } from "./signature-table.tsx";
import { StageChip, ValidationChip, validationOf, validationTag } from "./stages.tsx";
import { TagsEditor } from "./tags.tsx";
import { VersionActions } from "./version-actions.tsx";
import { VersionAliases } from "./version-aliases.tsx";

const Artifacts = lazy(() => import("./artifacts.tsx").then(({ Artifacts }) => ({ default: Artifacts })));

export function View() {
  const { t } = useTranslation();
  const params = useParams({ strict: false }) as { name?: string; version?: string; tab?: string };
  const { name = "", version = "", tab = "overview" } = params;
  const query = useModelVersion(name, version);
  const crumbs = [
    { label: t("Models"), to: paths.models },
    { label: name, to: paths.model(name) },
  ];
  const title = t("Version {{version}}", { version });
  if (query.data === undefined)
    return (
      <Page title={title} crumbs={crumbs}>
        {query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Loading />}
      </Page>
    );
  const page = query.data;
  const to = (id: string): string => paths.modelVersion(name, page.version, id);
  const validation = validationOf(page.tags);
  return (
    <Page
      title={title}
      crumbs={crumbs}
      lead={
        <span className="flex flex-wrap items-center gap-2">
          {page.stage === "None" ? null : <StageChip stage={page.stage} />}
          {validation === null ? null : <ValidationChip validation={validation} />}
        </span>
      }
      actions={
        <>
          <LineageLink kind="model_version" id={`${name}/${version}`} />
          <VersionActions page={page} />
        </>
      }
      tabs={
        <Tabs
          label={t("Views of the version")}
          active={tab}
          tabs={[
            { id: "overview", label: t("Overview"), icon: "info", to: to("") },
            { id: "artifacts", label: t("Artifacts"), icon: "assets", to: to("artifacts") },
            { id: "history", label: t("History"), icon: "history", to: to("history") },
          ]}
        />
      }
      fill={tab === "artifacts"}
    >
      <Suspense fallback={<Loading />}>
        {tab === "artifacts" ? (
          <Artifacts uri={page.artifactUri} subject={`model:${name}`} models={[]} />
        ) : tab === "history" ? (
          <ModelHistory name={name} version={version} />
        ) : (
          <Overview page={page} />
        )}
      </Suspense>
    </Page>
  );
}

function Overview({ page }: { page: ModelVersionPage }) {
  const { t } = useTranslation();
  const may = useMay();
  const mayEdit = may("edit", "Registered Models");
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
      <div className="flex min-w-0 flex-col gap-4">
        <Description
          text={page.description}
          save={mayEdit ? (text) => describeVersion(page.name, page.version, text) : null}
        />
        <div className="grid items-start gap-4 xl:grid-cols-2">
          <KeyValueTable
            title={t("Metrics")}
            rows={page.metrics.map(({ key, value }) => ({ key, value: numberText(value) }))}
          />
          <KeyValueTable title={t("Parameters")} rows={page.params} />
        </div>
        {page.signature === null ? null : <SignatureTable signature={page.signature} />}
      </div>
      <div className="flex min-w-0 flex-col gap-4">
        <section className="card flex flex-col gap-4 p-4">
          <div>
            <h2 className="mb-2 font-semibold">{t("Aliases")}</h2>
            <VersionAliases page={page} />
          </div>
          <div>
            <h2 className="mb-2 font-semibold">{t("Tags")}</h2>
            <TagsEditor
              tags={page.tags.filter(({ key }) => key !== validationTag)}
              save={mayEdit ? (key, value) => tagVersion(page.name, page.version, key, value) : null}
            />
          </div>
        </section>
        <section className="card p-4">
          <Facts facts={useFacts(page)} />
        </section>
        <LoadIt page={page} />
      </div>
    </div>
  );
}

function useFacts(page: ModelVersionPage): [string, React.ReactNode][] {
  const { t } = useTranslation();
  const { run, origin } = page;
  return [
    [t("Registered"), <Time key="c" at={page.creationTime} style="full" />],
    [t("By"), page.userId ?? "–"],
    [
      t("Run"),
      run === null ? (
        "–"
      ) : (
        <Link key="r" to={paths.trackedRun(run.experimentId, run.runId)} className="link break-words">
          {run.name}
        </Link>
      ),
    ],
    [
      t("Made by"),
      origin === null ? (
        t("somebody outside")
      ) : (
        <Link
          key="o"
          to={paths.task(
            origin.dagId,
            origin.dagRunId,
            origin.taskId,
            origin.mapIndex,
            `?try=${origin.tryNumber}`,
          )}
          className="link break-words"
        >
          {origin.dagId} · {origin.taskId}
        </Link>
      ),
    ],
    [t("Flavors"), page.flavors.join(", ") || "–"],
    [
      t("Source"),
      <span key="s" className="font-mono text-xs break-all">
        {page.source}
      </span>,
    ],
  ];
}

/** How code gets at it: by an alias where it has one. */
function LoadIt({ page }: { page: ModelVersionPage }) {
  const { t } = useTranslation();
  const [alias] = page.aliases;
  const uri = `models:/${page.name}${alias === undefined ? `/${page.version}` : `@${alias}`}`;
  return (
    <section className="card p-4">
      <h2 className="mb-2 font-semibold">{t("Load it")}</h2>
      <pre
        tabIndex={0}
        aria-label={t("Load it")}
        className="overflow-x-auto rounded-md bg-sunken p-2.5 font-mono text-xs"
      >{`import mlflow.pyfunc\n\nmodel = mlflow.pyfunc.load_model("${uri}")`}</pre>
    </section>
  );
}

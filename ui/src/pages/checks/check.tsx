/** One report of a check, beside those before and after it. */
import { useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { type CheckItem, type CheckWithReport, useCheck, useChecks } from "../../api/checks.ts";
import { Chart } from "../../components/chart.tsx";
import { percentText, shortText } from "../../components/figures.ts";
import { Link, paths, useGo } from "../../components/link.tsx";
import { OutcomeBadge, OutcomeIcon } from "../../components/outcome.tsx";
import { Failure, Loading, Page } from "../../components/page.tsx";
import { Time, useFormat } from "../../components/time.tsx";
import { DriftReport } from "./check-drift.tsx";
import { PerformanceReport } from "./check-performance.tsx";
import { ValidationReport } from "./check-validation.tsx";
import { useKindName } from "./checks.tsx";

export function View() {
  const { t } = useTranslation();
  const { checkId = "" } = useParams({ strict: false }) as { checkId?: string };
  const query = useCheck(checkId);
  const kindName = useKindName();
  const crumbs = [{ label: t("Data quality and drift"), to: paths.checks }];
  if (query.data === undefined)
    return (
      <Page title={t("Check")} crumbs={crumbs}>
        {query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Loading />}
      </Page>
    );
  const check = query.data;
  return (
    <Page
      title={check.name}
      crumbs={[...crumbs, { label: kindName(check.kind), to: `${paths.checks}?kind=${check.kind}` }]}
      lead={<Lead check={check} />}
    >
      <div className="flex flex-col gap-4">
        <About check={check} />
        <Trend check={check} />
        <Report check={check} />
      </div>
    </Page>
  );
}

function Report({ check }: { check: CheckWithReport }) {
  switch (check.kind) {
    case "validation":
      return <ValidationReport results={check.report.results} />;
    case "drift":
      return <DriftReport columns={check.report.columns} />;
    default:
      return <PerformanceReport report={check.report} />;
  }
}

function Lead({ check }: { check: CheckWithReport }) {
  const { t } = useTranslation();
  const values = { failed: check.failed, checked: check.checked };
  return (
    <span className="flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-soft">
      <OutcomeBadge outcome={check.outcome} small />
      {check.kind === "validation" ? (
        <span>{t("{{failed}} of {{checked}} expectations do not hold", values)}</span>
      ) : check.kind === "drift" ? (
        <span>{t("{{failed}} of {{checked}} columns drifted", values)}</span>
      ) : (
        <span>{t("{{checked}} predictions with labels", values)}</span>
      )}
      <Time at={Date.parse(check.created_at)} style="full" />
    </span>
  );
}

/** What it is about, and where it came from. */
function About({ check }: { check: CheckItem }) {
  const { t } = useTranslation();
  const { dag_id: dagId, dag_run_id: runId, task_id: taskId } = check;
  const { model_name: model, model_version: version, dataset, dataset_digest: digest } = check;
  return (
    <dl className="card flex flex-wrap gap-x-8 gap-y-2 px-4 py-3 text-sm [&_dt]:text-xs [&_dt]:text-faint">
      {dataset === "" ? null : (
        <div>
          <dt>{t("Data")}</dt>
          <dd>
            {digest === null ? (
              dataset
            ) : (
              <Link to={paths.lineage("dataset", `${dataset}:${digest}`)} className="link break-all">
                {dataset} <span className="font-mono text-xs">{digest}</span>
              </Link>
            )}
          </dd>
        </div>
      )}
      {model === null ? null : (
        <div>
          <dt>{t("Model")}</dt>
          <dd>
            <Link
              to={version === null ? paths.model(model) : paths.modelVersion(model, Number(version))}
              className="link"
            >
              {model}
              {version === null ? "" : ` ${version}`}
            </Link>
          </dd>
        </div>
      )}
      {check.endpoint === null ? null : (
        <div>
          <dt>{t("Endpoint")}</dt>
          <dd>
            <Link to={paths.deployment(check.endpoint)} className="link">
              {check.endpoint}
            </Link>
          </dd>
        </div>
      )}
      <div>
        <dt>{t("Made by")}</dt>
        <dd>
          {dagId === null || runId === null || taskId === null ? (
            check.actor
          ) : (
            <Link to={paths.task(dagId, runId, taskId, check.map_index ?? -1)} className="link break-all">
              {dagId} · {taskId}
            </Link>
          )}
        </dd>
      </div>
      {dagId === null || runId === null ? null : (
        <div>
          <dt>{t("Run")}</dt>
          <dd>
            <Link to={paths.run(dagId, runId)} className="link break-all">
              {runId}
            </Link>
          </dd>
        </div>
      )}
    </dl>
  );
}

const trendLength = 60;

function Trend({ check }: { check: CheckItem }) {
  const { t } = useTranslation();
  const format = useFormat();
  const go = useGo();
  const { data } = useChecks({
    kind: check.kind,
    name: check.name,
    dataset: check.dataset,
    limit: trendLength,
  });
  const isShare = check.kind !== "performance";
  const reports = useMemo(() => [...(data?.checks ?? [])].reverse(), [data]);
  const drawn = useMemo(() => {
    const title =
      check.kind === "validation"
        ? t("Share of expectations that do not hold")
        : check.kind === "drift"
          ? t("Share of drifted columns")
          : t("By how much the score is worse");
    const { threshold } = check;
    const border =
      threshold === null
        ? []
        : [{ label: t("Threshold"), color: "--s-failed", values: reports.map(() => threshold) }];
    return {
      title,
      names: reports.map(({ created_at }) => format(Date.parse(created_at))),
      series: [{ label: title, color: "--accent", values: reports.map(({ score }) => score) }, ...border],
    };
    // The format changes with language and time zone only, which draw the page anew.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [reports, check.kind, check.threshold, t]);
  if (reports.length < 2) return null;
  return (
    <section className="card p-4" aria-label={t("Over time")}>
      <h2 className="mb-2 font-semibold">{drawn.title}</h2>
      <Chart
        label={drawn.title}
        names={drawn.names}
        series={drawn.series}
        height={170}
        format={isShare ? percentText : shortText}
        legend={t("Time")}
        from={isShare ? 0 : null}
        onPick={(index) => {
          const picked = reports[index];
          if (picked !== undefined) go(paths.check(picked.id));
        }}
      />
      <nav aria-label={t("Reports of this check")} className="mt-2 flex flex-wrap gap-1">
        {reports.slice(-20).map((one) => (
          <Link
            key={one.id}
            to={paths.check(one.id)}
            aria-current={one.id === check.id ? "page" : undefined}
            aria-label={`${format(Date.parse(one.created_at), "full")}: ${one.outcome}`}
            title={format(Date.parse(one.created_at), "full")}
            className={`rounded-full p-0.5 ${one.id === check.id ? "ring-2 ring-accent" : "hover:bg-sunken"}`}
          >
            <OutcomeIcon outcome={one.outcome} size={14} />
          </Link>
        ))}
      </nav>
    </section>
  );
}

/** One endpoint: who answers, how it goes, and what can be done about it. */
import { useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useDeployment } from "../../api/serving.ts";
import type { Deployment } from "../../api/types.ts";
import { Segments } from "../../components/field.tsx";
import { rateText } from "../../components/figures.ts";
import { paths, useAddress } from "../../components/link.tsx";
import { Failure, Loading, Page, Tabs } from "../../components/page.tsx";
import { DeploymentActions } from "./deployment-actions.tsx";
import { LatencyChart, RequestChart } from "./deployment-charts.tsx";
import { DeploymentChecks } from "./deployment-checks.tsx";
import { GuardrailCard } from "./deployment-guardrails.tsx";
import { DeploymentHistory } from "./deployment-history.tsx";
import { MetricTable } from "./deployment-metrics.tsx";
import { RequestLookUp } from "./deployment-requests.tsx";
import { RolloutCard } from "./deployment-rollout.tsx";
import { TrafficCard } from "./deployment-traffic.tsx";
import { TryIt } from "./deployment-try.tsx";

export function View() {
  const { t } = useTranslation();
  const { name = "", tab = "traffic" } = useParams({ strict: false }) as { name?: string; tab?: string };
  const [address] = useAddress();
  const query = useDeployment(name, hoursOf(address["hours"]));
  const crumbs = [{ label: t("Deployments"), to: paths.deployments }];
  if (query.data === undefined)
    return (
      <Page title={name} crumbs={crumbs}>
        {query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Loading />}
      </Page>
    );
  const deployment = query.data;
  return (
    <Page
      title={name}
      crumbs={crumbs}
      lead={<Lead deployment={deployment} />}
      actions={<DeploymentActions deployment={deployment} />}
      tabs={<DeploymentTabs name={name} active={tab} />}
    >
      <Shown tab={tab} deployment={deployment} />
    </Page>
  );
}

function Shown({ tab, deployment }: { tab: string; deployment: Deployment }) {
  switch (tab) {
    case "try":
      return <TryIt deployment={deployment} />;
    case "requests":
      return <RequestLookUp deployment={deployment} />;
    case "history":
      return <DeploymentHistory deployment={deployment} />;
    default:
      return <Overview deployment={deployment} />;
  }
}

function Lead({ deployment }: { deployment: Deployment }) {
  const { t } = useTranslation();
  const shadows = new Set(deployment.variants.filter(({ shadow }) => shadow).map(({ name }) => name));
  const rate = deployment.traffic
    .filter(({ variant }) => !shadows.has(variant))
    .reduce((sum, { requestsPerSecond }) => sum + requestsPerSecond, 0);
  return (
    <span className="flex flex-wrap items-center gap-x-3 text-xs text-soft">
      <span className="tabular-nums">{rateText(rate)}</span>
      <span>{t("Generation {{number}}", { number: deployment.generation })}</span>
      {deployment.description === "" ? null : <span>{deployment.description}</span>}
    </span>
  );
}

function DeploymentTabs({ name, active }: { name: string; active: string }) {
  const { t } = useTranslation();
  const tabs = [
    { id: "traffic", label: t("Traffic"), icon: "chart" as const, to: paths.deployment(name) },
    { id: "try", label: t("Try it"), icon: "play" as const, to: paths.deployment(name, "try") },
    {
      id: "requests",
      label: t("Look up a request"),
      icon: "search" as const,
      to: paths.deployment(name, "requests"),
    },
    { id: "history", label: t("History"), icon: "history" as const, to: paths.deployment(name, "history") },
  ];
  return <Tabs tabs={tabs} active={active} label={t("Views of the endpoint")} />;
}

const windows = ["0.25", "1", "6", "24"] as const;
type Window = (typeof windows)[number];

function hoursOf(text: string | undefined): number {
  return Number(windows.find((one) => one === text) ?? "1");
}

function Overview({ deployment }: { deployment: Deployment }) {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  return (
    <div className="flex flex-col gap-4">
      <TrafficCard deployment={deployment} />
      <RolloutCard deployment={deployment} />
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h2 className="font-semibold">{t("What they did")}</h2>
        <Segments<Window>
          label={t("How far back")}
          value={String(hoursOf(address["hours"])) as Window}
          onChange={(hours) => change({ hours: hours === "1" ? undefined : hours })}
          options={[
            { value: "0.25", label: t("15 minutes") },
            { value: "1", label: t("1 hour") },
            { value: "6", label: t("6 hours") },
            { value: "24", label: t("24 hours") },
          ]}
        />
      </div>
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <RequestChart deployment={deployment} />
        <LatencyChart deployment={deployment} />
      </div>
      <MetricTable deployment={deployment} />
      <GuardrailCard deployment={deployment} />
      <DeploymentChecks deployment={deployment} />
    </div>
  );
}

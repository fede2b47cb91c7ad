/** One answer by its id: who gave it, what came of it, and what led to it. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Lineage, useLineage } from "../../api/lineage.ts";
import { useAct } from "../../api/queries.ts";
import { tellOutcome } from "../../api/serving.ts";
import { useMay } from "../../api/session.ts";
import type { Deployment } from "../../api/types.ts";
import { Button } from "../../components/button.tsx";
import { Field } from "../../components/field.tsx";
import { Link, paths, useAddress } from "../../components/link.tsx";
import { numberText } from "../../components/numbers.ts";
import { Empty, Loaded } from "../../components/page.tsx";
import { Time } from "../../components/time.tsx";
import { Facts } from "../grid-side.tsx";
import { NodeLink } from "../lineage/lineage-node.tsx";
import { colorOf, Dot } from "./deployment-parts.tsx";
import { ModelLink } from "./model-link.tsx";

export function RequestLookUp({ deployment }: { deployment: Deployment }) {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const request = address["request"] ?? "";
  const [typed, setTyped] = useState(request);
  return (
    <div className="flex flex-col gap-4">
      <form
        className="flex flex-wrap items-end gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          change({ request: typed.trim() });
        }}
      >
        <div className="min-w-0 flex-1 sm:max-w-2xl">
          <Field
            label={t("Request id")}
            hint={t("It came with the answer, in the header x-tradewind-request-id.")}
          >
            {(id) => (
              <input
                id={id}
                className="field w-full font-mono text-xs"
                value={typed}
                onChange={(event) => setTyped(event.target.value)}
              />
            )}
          </Field>
        </div>
        <Button kind="primary" icon="search" type="submit" disabled={typed.trim() === ""} className="mb-5">
          {t("Look up")}
        </Button>
      </form>
      {request === "" ? (
        <Empty icon="search" title={t("Which request?")}>
          {t(
            "Its id says which variant and version answered; from there it leads to the run, the data and the code.",
          )}
        </Empty>
      ) : (
        <Answer deployment={deployment} request={request} />
      )}
    </div>
  );
}

/** What the root of an answer's lineage says of it. */
interface Answered {
  variant: string;
  model: string;
  version: string | null;
  at: string;
  outcomes: { [metric: string]: number } | null;
}

function Answer({ deployment, request }: { deployment: Deployment; request: string }) {
  const query = useLineage({ kind: "prediction", id: request, depth: 10, direction: "upstream" });
  return (
    <Loaded query={query}>
      {(lineage) => {
        const root = lineage.nodes.find(({ key }) => key === lineage.root);
        return (
          <div className="grid items-start gap-4 lg:grid-cols-2">
            {root === undefined ? null : (
              <Given
                deployment={deployment}
                request={request}
                answered={root.attributes as unknown as Answered}
              />
            )}
            <Led lineage={lineage} request={request} />
          </div>
        );
      }}
    </Loaded>
  );
}

function Given({
  deployment,
  request,
  answered,
}: {
  deployment: Deployment;
  request: string;
  answered: Answered;
}) {
  const { t } = useTranslation();
  const { variant, model, version, at } = answered;
  const outcomes = Object.entries(answered.outcomes ?? {});
  return (
    <section className="card p-4" aria-label={t("Answer")}>
      <Facts
        facts={[
          [
            t("Variant"),
            <span key="v" className="inline-flex items-center gap-1.5">
              <Dot color={colorOf(deployment.variants, variant)} />
              {variant}
            </span>,
          ],
          [
            t("Model"),
            <ModelLink key="m" reference={version === null ? model : `models:/${model}/${version}`} />,
          ],
          [t("Answered"), <Time key="a" at={Date.parse(at)} style="full" />],
        ]}
      />
      <h2 className="mt-4 mb-1 font-medium">{t("What came of it")}</h2>
      {outcomes.length === 0 ? (
        <p className="text-sm text-soft">{t("Nothing was told yet.")}</p>
      ) : (
        <ul className="text-sm">
          {outcomes.map(([metric, value]) => (
            <li key={metric} className="flex gap-3">
              <span className="font-medium">{metric}</span>
              <span className="tabular-nums">{numberText(value)}</span>
            </li>
          ))}
        </ul>
      )}
      <TellOutcome name={deployment.name} request={request} />
    </section>
  );
}

function TellOutcome({ name, request }: { name: string; request: string }) {
  const { t } = useTranslation();
  const may = useMay()("read", "Registered Models");
  const [metric, setMetric] = useState("");
  const [value, setValue] = useState("");
  const tell = useAct(
    () => tellOutcome(name, { request_id: request, metric, value: Number(value) }),
    t("The outcome was kept"),
  );
  if (!may) return null;
  return (
    <form
      className="mt-4 flex flex-wrap items-end gap-2 border-t pt-3"
      onSubmit={(event) => {
        event.preventDefault();
        tell.mutate(undefined);
      }}
    >
      <Field label={t("Metric")}>
        {(id) => (
          <input
            id={id}
            className="field w-32"
            value={metric}
            onChange={(event) => setMetric(event.target.value)}
          />
        )}
      </Field>
      <Field label={t("Value")}>
        {(id) => (
          <input
            id={id}
            inputMode="decimal"
            className="field w-24"
            value={value}
            onChange={(event) => setValue(event.target.value)}
          />
        )}
      </Field>
      <Button
        type="submit"
        disabled={metric === "" || value === "" || Number.isNaN(Number(value)) || tell.isPending}
      >
        {t("Tell what came of it")}
      </Button>
    </form>
  );
}

/** The way back, the nearest first. */
function Led({ lineage, request }: { lineage: Lineage; request: string }) {
  const { t } = useTranslation();
  const before = lineage.nodes.filter(({ distance }) => distance < 0);
  return (
    <section className="card p-4" aria-label={t("What led to it")}>
      <div className="mb-2 flex items-center justify-between gap-2">
        <h2 className="font-medium">{t("What led to it")}</h2>
        <Link to={paths.lineage("prediction", request)} className="link text-xs">
          {t("As a graph")}
        </Link>
      </div>
      <ol className="flex flex-col gap-1.5 text-sm">
        {before
          .sort((a, b) => b.distance - a.distance)
          .map((node) => (
            <li key={node.key}>
              <NodeLink node={node} />
            </li>
          ))}
      </ol>
    </section>
  );
}

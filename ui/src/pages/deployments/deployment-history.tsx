/** Every change of an endpoint's traffic, and the way back to each. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAct } from "../../api/queries.ts";
import { type Rollout, useRollouts } from "../../api/rollouts.ts";
import { type ChangeItem, rollBack, useChanges } from "../../api/serving.ts";
import { useMay } from "../../api/session.ts";
import type { Deployment } from "../../api/types.ts";
import { Button } from "../../components/button.tsx";
import { Loaded } from "../../components/page.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { Time } from "../../components/time.tsx";
import { ChangeDialog } from "./deployment-change.tsx";
import { TrafficBar, useChangeName } from "./deployment-parts.tsx";
import { RolloutState } from "./deployment-rollout.tsx";
import { ModelLink } from "./model-link.tsx";

export function DeploymentHistory({ deployment }: { deployment: Deployment }) {
  const { t } = useTranslation();
  const may = useMay()("edit", "Registered Models");
  const changeName = useChangeName();
  const [target, setTarget] = useState<ChangeItem | null>(null);
  const columns: Column<ChangeItem>[] = [
    { id: "number", label: t("Generation"), align: "right", cell: (one) => one.generation },
    {
      id: "what",
      label: t("What"),
      cell: (one) => (
        <div>
          <p className="font-medium">{changeName(one.kind)}</p>
          {one.reason === null ? null : (
            <p className="max-w-md text-xs break-words text-soft">{one.reason}</p>
          )}
        </div>
      ),
    },
    { id: "who", label: t("Who"), cell: (one) => one.actor ?? t("the server") },
    {
      id: "when",
      label: t("When"),
      wide: true,
      cell: (one) => <Time at={Date.parse(one.changed_at)} style="full" />,
    },
    {
      id: "traffic",
      label: t("Traffic"),
      wide: true,
      className: "min-w-56",
      cell: (one) => <TrafficBar variants={one.variants} />,
    },
    {
      id: "back",
      label: t("Actions"),
      quiet: true,
      align: "right",
      cell: (one) =>
        may && one.generation !== deployment.generation ? (
          <Button small icon="history" onClick={() => setTarget(one)}>
            {t("Back to this")}
          </Button>
        ) : null,
    },
  ];
  return (
    <>
      <Loaded query={useChanges(deployment.name, deployment.generation)}>
        {({ changes }) => (
          <Table
            label={t("History")}
            columns={columns}
            rows={changes}
            keyOf={(one) => String(one.generation)}
          />
        )}
      </Loaded>
      <PastRollouts deployment={deployment} />
      {target === null ? null : (
        <RollBackDialog deployment={deployment} target={target} onClose={() => setTarget(null)} />
      )}
    </>
  );
}

function PastRollouts({ deployment }: { deployment: Deployment }) {
  const { t } = useTranslation();
  const { data } = useRollouts(deployment.name);
  const ended = data?.rollouts.filter(({ ended_at }) => ended_at !== null) ?? [];
  if (ended.length === 0) return null;
  const columns: Column<Rollout>[] = [
    {
      id: "variant",
      label: t("Variant"),
      cell: (one) => (
        <span className="flex flex-wrap items-center gap-x-2">
          {one.variant} <ModelLink reference={one.model} />
        </span>
      ),
    },
    { id: "state", label: t("Outcome"), cell: ({ state }) => <RolloutState state={state} /> },
    {
      id: "step",
      label: t("Steps"),
      wide: true,
      cell: (one) => `${one.step + 1} / ${one.steps.length}`,
    },
    {
      id: "reason",
      label: t("Reason"),
      wide: true,
      cell: ({ reason }) => <span className="text-xs break-words text-soft">{reason}</span>,
    },
    {
      id: "ended",
      label: t("When"),
      wide: true,
      cell: ({ ended_at }) => <Time at={ended_at === null ? null : Date.parse(ended_at)} style="full" />,
    },
  ];
  return (
    <section className="mt-6" aria-label={t("Canary rollouts")}>
      <h2 className="mb-2 font-semibold">{t("Canary rollouts")}</h2>
      <Table label={t("Canary rollouts")} columns={columns} rows={ended} keyOf={({ id }) => String(id)} />
    </section>
  );
}

/** Nothing is loaded again for it: the versions that it goes back to are still in memory. */
export function RollBackDialog({
  deployment,
  target,
  onClose,
}: {
  deployment: Deployment;
  target: ChangeItem;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const back = useAct(
    (reason: string) =>
      rollBack(deployment.name, { generation: target.generation, ...(reason === "" ? {} : { reason }) }),
    t("The traffic is as it was"),
  );
  return (
    <ChangeDialog
      title={t("Roll back to generation {{number}}?", { number: target.generation })}
      act={t("Roll back")}
      before={deployment.variants}
      after={target.variants}
      onClose={onClose}
      onConfirm={(reason) => back.mutate(reason)}
    />
  );
}

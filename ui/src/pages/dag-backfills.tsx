/** Backfills of a Dag: what they cover, how far they are, and how to stop one. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { backfillAction } from "../api/actions.ts";
import { useAct, useBackfills } from "../api/queries.ts";
import { useMay } from "../api/session.ts";
import type { BackfillItem, DagHeader } from "../api/types.ts";
import { Button } from "../components/button.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Empty, Loaded } from "../components/page.tsx";
import { StateBadge, StateBar } from "../components/state.tsx";
import { type Column, Table } from "../components/table.tsx";
import { Time } from "../components/time.tsx";
import { BackfillForm } from "./backfill-form.tsx";

export function DagBackfills({ dag }: { dag: DagHeader }) {
  const { t } = useTranslation();
  const may = useMay();
  const [making, setMaking] = useState(false);
  const act = useAct(
    ({ id, what }: { id: number; what: "pause" | "unpause" | "cancel" }) => backfillAction(id, what),
    t("The backfill was changed"),
  );
  const columns: Column<BackfillItem>[] = [
    {
      id: "state",
      label: t("State"),
      cell: (one) => <BackfillState state={one.state} />,
    },
    {
      id: "range",
      label: `${t("From")} – ${t("To")}`,
      cell: (one) => (
        <span className="flex flex-wrap gap-x-1.5">
          <Time at={one.fromDate} style="day" />
          <span aria-hidden="true">–</span>
          <Time at={one.toDate} style="day" />
        </span>
      ),
    },
    {
      id: "progress",
      label: t("Progress"),
      className: "w-1/4",
      cell: (one) => <Progress backfill={one} />,
    },
    { id: "again", label: t("Existing runs"), wide: true, cell: (one) => one.reprocessBehavior },
    { id: "active", label: t("At a time"), wide: true, align: "right", cell: (one) => one.maxActiveRuns },
    {
      id: "made",
      label: t("Made"),
      wide: true,
      cell: (one) => <Time at={one.createdAt} relative />,
    },
    {
      id: "act",
      label: t("Actions"),
      quiet: true,
      align: "right",
      cell: (one) =>
        isOver(one) || !may("edit", "Backfills") ? null : (
          <span className="inline-flex flex-wrap justify-end gap-1.5">
            <Button
              small
              onClick={() => act.mutate({ id: one.id, what: one.state === "paused" ? "unpause" : "pause" })}
            >
              {one.state === "paused" ? t("Go on") : t("Pause")}
            </Button>
            <Button small kind="danger" onClick={() => act.mutate({ id: one.id, what: "cancel" })}>
              {t("Cancel")}
            </Button>
          </span>
        ),
    },
  ];
  return (
    <>
      {may("create", "Backfills") ? (
        <Button className="mb-3" icon="plus" onClick={() => setMaking(true)}>
          {t("New backfill")}
        </Button>
      ) : null}
      <Loaded query={useBackfills(dag.dagId)}>
        {(backfills) =>
          backfills.length === 0 ? (
            <Empty icon="history" title={t("No backfill yet")}>
              {t("A backfill runs a Dag for a range of past dates.")}
            </Empty>
          ) : (
            <Table
              label={t("Backfills")}
              columns={columns}
              rows={backfills}
              keyOf={(one) => String(one.id)}
            />
          )
        }
      </Loaded>
      <Dialog open={making} wide title={t("New backfill")} onClose={() => setMaking(false)}>
        <BackfillForm dagId={dag.dagId} onDone={() => setMaking(false)} />
      </Dialog>
    </>
  );
}

const isOver = ({ state }: BackfillItem): boolean => state === "cancelled" || state === "completed";

function BackfillState({ state }: { state: BackfillItem["state"] }) {
  const { t } = useTranslation();
  if (state === "paused") return <span className="text-soft">{t("Paused")}</span>;
  if (state === "cancelled") return <span className="text-soft">{t("Cancelled")}</span>;
  return <StateBadge state={state === "running" ? "running" : "success"} small />;
}

/** Runs that ended, of those that are wanted; what is to be made is the bar's rest. */
function Progress({ backfill: { total, counts, skipped } }: { backfill: BackfillItem }) {
  const { t } = useTranslation();
  const ended = (counts["success"] ?? 0) + (counts["failed"] ?? 0);
  return (
    <span className="flex items-center gap-2" data-testid="backfill-progress">
      <StateBar counts={counts} />
      <span className="shrink-0 text-xs tabular-nums">{`${ended} / ${total}`}</span>
      {skipped === 0 ? null : (
        <span className="shrink-0 text-xs text-faint">
          {t("{{number}} left as they are", { number: skipped })}
        </span>
      )}
    </span>
  );
}

/** Backfills of a Dag: what they cover, how far they are, and how to stop one. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { backfillAction } from "../api/actions.ts";
import { useAct, useRest } from "../api/queries.ts";
import { useMay } from "../api/session.ts";
import type { DagHeader } from "../api/types.ts";
import { Button } from "../components/button.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Empty, Loaded } from "../components/page.tsx";
import { StateBadge } from "../components/state.tsx";
import { type Column, Table } from "../components/table.tsx";
import { Time } from "../components/time.tsx";
import { BackfillForm } from "./backfill-form.tsx";

interface Backfill {
  id: number;
  from_date: string;
  to_date: string;
  is_paused: boolean;
  reprocess_behavior: string;
  max_active_runs: number;
  created_at: string;
  completed_at: string | null;
}

export function DagBackfills({ dag }: { dag: DagHeader }) {
  const { t } = useTranslation();
  const may = useMay();
  const [making, setMaking] = useState(false);
  const query = useRest<{ backfills: Backfill[]; total_entries: number }>(
    ["dag", dag.dagId, "backfills"],
    "/backfills",
    { dag_id: dag.dagId, order_by: "-id", limit: 100 },
  );
  const act = useAct(
    ({ id, what }: { id: number; what: "pause" | "unpause" | "cancel" }) => backfillAction(id, what),
    t("The backfill was changed"),
  );
  const columns: Column<Backfill>[] = [
    {
      id: "state",
      label: t("State"),
      cell: (one) => <BackfillState backfill={one} />,
    },
    {
      id: "range",
      label: `${t("From")} – ${t("To")}`,
      cell: (one) => (
        <span className="flex flex-wrap gap-x-1.5">
          <Time at={Date.parse(one.from_date)} style="day" />
          <span aria-hidden="true">–</span>
          <Time at={Date.parse(one.to_date)} style="day" />
        </span>
      ),
    },
    { id: "again", label: t("Existing runs"), wide: true, cell: (one) => one.reprocess_behavior },
    { id: "active", label: t("At a time"), wide: true, align: "right", cell: (one) => one.max_active_runs },
    {
      id: "made",
      label: t("Made"),
      wide: true,
      cell: (one) => <Time at={Date.parse(one.created_at)} relative />,
    },
    {
      id: "act",
      label: t("Actions"),
      quiet: true,
      align: "right",
      cell: (one) =>
        one.completed_at !== null || !may("edit", "Backfills") ? null : (
          <span className="inline-flex flex-wrap justify-end gap-1.5">
            <Button
              small
              onClick={() => act.mutate({ id: one.id, what: one.is_paused ? "unpause" : "pause" })}
            >
              {one.is_paused ? t("Go on") : t("Pause")}
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
      <Loaded query={query}>
        {({ backfills }) =>
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

/** One that is cancelled ends paused. */
function BackfillState({ backfill }: { backfill: Backfill }) {
  const { t } = useTranslation();
  if (backfill.is_paused)
    return <span className="text-soft">{backfill.completed_at === null ? t("Paused") : t("Cancelled")}</span>;
  return <StateBadge state={backfill.completed_at === null ? "running" : "success"} small />;
}

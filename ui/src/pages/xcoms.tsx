/** What tasks of all Dags left for each other, those of the newest runs first. */
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useLook } from "../api/look-through.ts";
import type { AnyXCom } from "../api/types.ts";
import { instantOfAddress } from "../components/date-range.tsx";
import { TextFilter } from "../components/field.tsx";
import { Link, paths, useAddress } from "../components/link.tsx";
import { bytesText } from "../components/numbers.ts";
import { Page } from "../components/page.tsx";
import { type Column, Table } from "../components/table.tsx";
import { Time } from "../components/time.tsx";
import { DagLine, HistoryTabs, LookedThrough, LookFilters, runColumn } from "./history.tsx";

const keyOf = (one: AnyXCom): string => [one.dagId, one.runId, one.taskId, one.mapIndex, one.key].join("\n");

export function View() {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const key = useCallback((value: string) => change({ key: value }), [change]);
  const look = useLook<AnyXCom>("xcoms", {
    dag: address["dag"],
    run: address["run"],
    task: address["task"],
    key: address["key"],
    from: instantOfAddress(address["from"]),
    to: instantOfAddress(address["to"]),
  });
  return (
    <Page title={t("XComs")} tabs={<HistoryTabs active="xcoms" />}>
      <LookFilters>
        <TextFilter value={address["key"] ?? ""} onChange={key} label={t("Key")} />
      </LookFilters>
      <LookedThrough look={look} nothing={t("No XCom fits")}>
        {(rows) => <XComTable rows={rows} />}
      </LookedThrough>
    </Page>
  );
}

function XComTable({ rows }: { rows: readonly AnyXCom[] }) {
  const { t } = useTranslation();
  const columns: Column<AnyXCom>[] = [
    {
      id: "key",
      label: t("Key"),
      cell: (one) => (
        <Link
          to={paths.task(one.dagId, one.runId, one.taskId, one.mapIndex, "?tab=xcoms")}
          className="link font-mono text-xs break-all"
        >
          {one.key}
        </Link>
      ),
    },
    {
      id: "task",
      label: t("Task"),
      cell: (one) => (
        <div className="min-w-0">
          <span className="font-medium break-all">
            {one.taskId}
            {one.mapIndex < 0 ? null : <span className="ml-1 text-faint">[{one.mapIndex}]</span>}
          </span>
          <DagLine dagId={one.dagId} />
        </div>
      ),
    },
    runColumn(t("Run")),
    { id: "value", label: t("Value"), cell: (one) => <Preview of={one} /> },
    { id: "at", label: t("Written"), wide: true, cell: (one) => <Time at={one.createdAt} /> },
  ];
  return <Table label={t("XComs")} columns={columns} rows={rows} keyOf={keyOf} />;
}

function Preview({ of: { preview, ref } }: { of: AnyXCom }) {
  if (ref !== null)
    return (
      <span className="text-xs text-soft">
        {ref.mediaType.split(";")[0]?.split(/[./]/).at(-1)} · {bytesText(ref.bytes)}
      </span>
    );
  return (
    <span className="line-clamp-2 max-w-md font-mono text-xs break-all text-soft" title={preview ?? ""}>
      {preview}
    </span>
  );
}

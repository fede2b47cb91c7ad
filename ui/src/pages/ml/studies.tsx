/** Studies: searches for good parameters, and how far each is. */
import { useTranslation } from "react-i18next";
import { useStudies } from "../../api/tracking.ts";
import type { StudyList, TrialState } from "../../api/tracking-types.ts";
import { Link, paths } from "../../components/link.tsx";
import { Empty, Loaded, Page } from "../../components/page.tsx";
import { type Column, Pager, Table, useOffset } from "../../components/table.tsx";
import { Time } from "../../components/time.tsx";
import { TrialCounts } from "./trial-counts.tsx";

const pageSize = 100;

type StudyItem = StudyList["studies"][number];

export function View() {
  const { t } = useTranslation();
  const offset = useOffset();
  const query = useStudies({ limit: pageSize, offset });
  const columns: Column<StudyItem>[] = [
    {
      id: "name",
      label: t("Name"),
      cell: (study) => (
        <Link to={paths.study(study.name)} className="font-medium break-all hover:underline">
          {study.name}
        </Link>
      ),
    },
    {
      id: "goal",
      label: t("Goal"),
      wide: true,
      cell: (study) => (
        <span className="text-soft">
          {study.directions.map((one) => (one === "minimize" ? t("minimise") : t("maximise"))).join(", ")}
        </span>
      ),
    },
    {
      id: "trials",
      label: t("Trials"),
      cell: (study) => <TrialCounts counts={study.trials as { [state in TrialState]?: number }} />,
    },
    {
      id: "created",
      label: t("Created"),
      wide: true,
      cell: (study) => <Time at={Date.parse(study.created_at)} relative />,
    },
  ];
  return (
    <Page
      title={t("Studies")}
      lead={<span className="text-faint tabular-nums">{query.data?.total_entries}</span>}
    >
      <Loaded query={query}>
        {({ studies, total_entries }) =>
          studies.length === 0 ? (
            <Empty icon="target" title={t("There is no study yet")}>
              {t("createStudy of tradewind/ml makes one, or POST /api/studies.")}
            </Empty>
          ) : (
            <>
              <Table label={t("Studies")} columns={columns} rows={studies} keyOf={(study) => study.name} />
              <Pager limit={pageSize} total={total_entries} />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

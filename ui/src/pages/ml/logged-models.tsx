/** Models that runs of an experiment logged, registered or not. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { change } from "../../api/client.ts";
import type { WirePoint } from "../../api/tracking-types.ts";
import { Link, paths } from "../../components/link.tsx";
import { numberText } from "../../components/numbers.ts";
import { Empty, Loaded } from "../../components/page.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { Time } from "../../components/time.tsx";

interface WireModel {
  info: {
    model_id: string;
    name: string;
    status: string;
    model_type: string;
    source_run_id?: string;
    creation_timestamp_ms: number;
    tags?: { key: string; value: string }[];
  };
  data: { metrics?: WirePoint[]; params?: { key: string; value: string }[] };
}

const most = 1000;

export function LoggedModels({ experimentId }: { experimentId: string }) {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: ["ml", [`experiment:${experimentId}`], "logged models"],
    queryFn: () =>
      change<{ models?: WireModel[] }>("POST", "/ajax-api/2.0/mlflow/logged-models/search", {
        experiment_ids: [experimentId],
        max_results: most,
      }),
  });
  const columns: Column<WireModel>[] = [
    {
      id: "name",
      label: t("Model"),
      cell: ({ info }) => (
        <div>
          <span className="font-medium">{info.name}</span>
          <p className="font-mono text-2xs text-faint">{info.model_id}</p>
        </div>
      ),
    },
    {
      id: "status",
      label: t("Status"),
      wide: true,
      cell: ({ info }) => info.status.replace("LOGGED_MODEL_", "").toLowerCase().replaceAll("_", " "),
    },
    { id: "type", label: t("Type"), wide: true, cell: ({ info }) => info.model_type || "–" },
    {
      id: "when",
      label: t("Created"),
      cell: ({ info }) => <Time at={info.creation_timestamp_ms} relative />,
    },
    {
      id: "run",
      label: t("Run"),
      cell: ({ info }) =>
        info.source_run_id === undefined ? (
          "–"
        ) : (
          <Link to={paths.trackedRun(experimentId, info.source_run_id)} className="link font-mono text-xs">
            {info.source_run_id.slice(0, 8)}
          </Link>
        ),
    },
    {
      id: "metrics",
      label: t("Metrics"),
      wide: true,
      cell: ({ data }) => (
        <span className="flex flex-wrap gap-x-3 text-xs">
          {(data.metrics ?? []).slice(0, 4).map(({ key, value }) => (
            <span key={key}>
              <span className="text-faint">{key}</span> {numberText(value)}
            </span>
          ))}
        </span>
      ),
    },
  ];
  return (
    <Loaded query={query}>
      {({ models = [] }) =>
        models.length === 0 ? (
          <Empty icon="cube" title={t("No model was logged yet")} />
        ) : (
          <Table
            label={t("Logged models")}
            columns={columns}
            rows={models}
            keyOf={({ info }) => info.model_id}
          />
        )
      }
    </Loaded>
  );
}

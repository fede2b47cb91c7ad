/** What a node of the lineage is called, and which page tells more of it. */
import { useTranslation } from "react-i18next";
import type { LineageKind, LineageNode } from "../../api/lineage.ts";
import { Icon, type IconName } from "../../components/icons.tsx";
import { Link, paths } from "../../components/link.tsx";

const icons: Record<LineageKind, IconName> = {
  prediction: "play",
  endpoint: "rocket",
  endpoint_variant: "rocket",
  registered_model: "cube",
  model_version: "cube",
  logged_model: "cube",
  run: "flask",
  task_attempt: "check",
  dag_run: "runs",
  dag_version: "code",
  dataset: "file",
  feature_view: "table",
  asset: "assets",
  asset_event: "assets",
};

export const iconOf = (kind: LineageKind): IconName => icons[kind] ?? "info";

export function useLineageKindName(): (kind: LineageKind) => string {
  const { t } = useTranslation();
  const names: Record<LineageKind, string> = {
    prediction: t("Prediction"),
    endpoint: t("Endpoint"),
    endpoint_variant: t("Variant"),
    registered_model: t("Model"),
    model_version: t("Model version"),
    logged_model: t("Logged model"),
    run: t("Tracked run"),
    task_attempt: t("Task attempt"),
    dag_run: t("Dag run"),
    dag_version: t("Code version"),
    dataset: t("Data snapshot"),
    feature_view: t("Feature view"),
    asset: t("Asset"),
    asset_event: t("Asset event"),
  };
  return (kind) => names[kind] ?? kind;
}

/** Parts of an id from its end: ids of Dag runs may hold slashes, what is around them may not. */
function parts(id: string, before: number, after: number): string[] {
  const all = id.split("/");
  const middle = all.slice(before, all.length - after).join("/");
  return [...all.slice(0, before), middle, ...(after === 0 ? [] : all.slice(-after))];
}

/** Null where no page is about it. */
export function pageOf({ kind, id, attributes }: LineageNode): string | null {
  const text = (name: string): string | null => {
    const value = attributes[name];
    return typeof value === "string" || typeof value === "number" ? String(value) : null;
  };
  switch (kind) {
    case "prediction": {
      const endpoint = text("endpoint");
      return endpoint === null
        ? null
        : `${paths.deployment(endpoint, "requests")}?request=${encodeURIComponent(id)}`;
    }
    case "endpoint":
      return paths.deployment(id);
    case "endpoint_variant":
      return paths.deployment(id.split("/")[0] ?? id);
    case "registered_model":
      return paths.model(id);
    case "model_version": {
      const [name = "", version = ""] = parts(id, 0, 1);
      return paths.modelVersion(name, Number(version));
    }
    case "run": {
      const experiment = text("experiment_id");
      return experiment === null ? paths.anyRun(id) : paths.trackedRun(experiment, id);
    }
    case "task_attempt": {
      const [dagId = "", runId = "", taskId = "", mapIndex = "-1", tryNumber = ""] = parts(id, 1, 3);
      return paths.task(dagId, runId, taskId, Number(mapIndex), `?try=${tryNumber}`);
    }
    case "dag_run": {
      const [dagId = "", runId = ""] = parts(id, 1, 0);
      return paths.run(dagId, runId);
    }
    case "dag_version": {
      const [dagId = "", version = ""] = parts(id, 0, 1);
      return `${paths.dag(dagId, "code")}?version=${version}`;
    }
    case "feature_view": {
      const [name = "", version = ""] = parts(id, 0, 1);
      return `${paths.featureView(name)}?version=${version}`;
    }
    case "asset":
      return paths.asset(Number(id));
    default:
      return null;
  }
}

export function NodeLink({ node }: { node: LineageNode }) {
  const kindName = useLineageKindName();
  const to = node.exists ? pageOf(node) : null;
  return (
    <span className="inline-flex min-w-0 items-center gap-1.5">
      <Icon name={iconOf(node.kind)} size={14} />
      {to === null ? (
        <span className={`min-w-0 break-all ${node.exists ? "" : "text-faint line-through"}`}>
          {node.label}
        </span>
      ) : (
        <Link to={to} className="link min-w-0 break-all">
          {node.label}
        </Link>
      )}
      <span className="text-2xs whitespace-nowrap text-faint">{kindName(node.kind)}</span>
    </span>
  );
}

import { useTranslation } from "react-i18next";
import type { AttributeColumn, RunColumn } from "./run-columns.ts";

/** What stands above a column. */
export function useColumnName(): (column: Pick<RunColumn, "group" | "name">) => string {
  const { t } = useTranslation();
  const attributes: Record<AttributeColumn, string> = {
    start_time: t("Created"),
    duration: t("Duration"),
    user_id: t("User"),
    source: t("Source"),
    task: t("Task"),
    datasets: t("Data sets"),
    models: t("Registered models"),
    status: t("Status"),
    run_id: t("Run ID"),
  };
  return ({ group, name }) => (group === "attributes" ? (attributes[name as AttributeColumn] ?? name) : name);
}

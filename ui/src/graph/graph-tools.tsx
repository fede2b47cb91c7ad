/** Above a graph: the task that is looked at, what is shown of it, and in which direction it grows. */
import { Panel } from "@xyflow/react";
import { useTranslation } from "react-i18next";
import type { DagStructure } from "../api/types.ts";
import { FilterMenu, Select } from "../components/field.tsx";
import { useAddress } from "../components/link.tsx";
import type { Direction } from "./layout.ts";
import type { Focus } from "./visible-graph.ts";

/** As the address has it. */
export function useGraphChoices() {
  const [address] = useAddress();
  return {
    direction: (address["direction"] ?? "LR") as Direction,
    focus: (address["focus"] ?? "all") as Focus,
    taskId: address["task"] ?? null,
    withAssets: address["assets"] !== "off",
  };
}

export function GraphTools({ structure }: { structure: DagStructure }) {
  const { t } = useTranslation();
  const [, change] = useAddress();
  const { direction, withAssets } = useGraphChoices();
  return (
    <Panel position="top-left" className="flex max-w-[calc(100vw-2rem)] flex-wrap gap-2">
      <TaskChoice structure={structure} />
      <Select<Direction>
        label={t("Direction")}
        value={direction}
        onChange={(next) => change({ direction: next === "LR" ? undefined : next })}
        options={[
          { value: "LR", label: "→" },
          { value: "TB", label: "↓" },
          { value: "RL", label: "←" },
          { value: "BT", label: "↑" },
        ]}
      />
      {structure.assets.length === 0 ? null : (
        <FilterMenu
          title={t("Assets")}
          value={withAssets ? "" : "off"}
          onChange={(value) => change({ assets: value })}
          options={[{ value: "off", label: t("not shown") }]}
        />
      )}
    </Panel>
  );
}

function TaskChoice({ structure }: { structure: DagStructure }) {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const { taskId, focus } = useGraphChoices();
  const tasks = structure.nodes.filter(({ kind }) => kind === "task");
  return (
    <>
      <Select
        label={t("Task to look at")}
        value={taskId ?? ""}
        onChange={(task) => change({ task, focus: task === "" ? undefined : address["focus"] })}
        options={[{ value: "", label: t("All tasks") }, ...tasks.map(({ id }) => ({ value: id, label: id }))]}
      />
      {taskId === null ? null : (
        <Select<Focus>
          label={t("What is shown of it")}
          value={focus}
          onChange={(next) => change({ focus: next === "all" ? undefined : next })}
          options={[
            { value: "all", label: t("with everything") },
            { value: "upstream", label: t("with what is before it") },
            { value: "downstream", label: t("with what is after it") },
            { value: "both", label: t("with both") },
          ]}
        />
      )}
    </>
  );
}

/** Everything that can be done with a task instance. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type MarkBody, markTask } from "../api/actions.ts";
import { useAct } from "../api/queries.ts";
import { useMay } from "../api/session.ts";
import type { InstanceDetail } from "../api/types.ts";
import { Button, IconButton } from "../components/button.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Menu, MenuItem, MenuLine } from "../components/menu.tsx";
import { Choices, ClearTaskDialog, Preview } from "./clear-dialog.tsx";

type Mark = MarkBody["new_state"];

export function InstanceActions({ instance }: { instance: InstanceDetail }) {
  const { t } = useTranslation();
  const may = useMay();
  const [clearing, setClearing] = useState<{ [name: string]: boolean } | null>(null);
  const [marking, setMarking] = useState<Mark | null>(null);
  if (!may("edit", "Task Instances")) return null;
  const failed = instance.state === "failed" || instance.state === "upstream_failed";
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button
        icon="retry"
        kind={failed ? "primary" : "plain"}
        onClick={() => setClearing(failed ? { include_downstream: true } : {})}
      >
        {failed ? t("Retry") : t("Clear")}
      </Button>
      <Menu trigger={<IconButton kind="plain" icon="more" label={t("More actions")} />}>
        <MenuItem icon="retry" onSelect={() => setClearing({ include_downstream: false })}>
          {t("Run this task alone")}
        </MenuItem>
        <MenuItem
          icon="code"
          onSelect={() => setClearing({ include_downstream: true, run_on_latest_version: true })}
        >
          {t("Resume from here with the newest code")}
        </MenuItem>
        <MenuLine />
        <MenuItem icon="check" onSelect={() => setMarking("success")}>
          {t("Mark as success")}
        </MenuItem>
        <MenuItem icon="cross" onSelect={() => setMarking("failed")}>
          {t("Mark as failed")}
        </MenuItem>
        <MenuItem icon="chevronRight" onSelect={() => setMarking("skipped")}>
          {t("Mark as skipped")}
        </MenuItem>
      </Menu>
      {clearing === null ? null : (
        <ClearTaskDialog instance={instance} preset={clearing} onClose={() => setClearing(null)} />
      )}
      {marking === null ? null : (
        <MarkDialog instance={instance} state={marking} onClose={() => setMarking(null)} />
      )}
    </div>
  );
}

function MarkDialog({
  instance,
  state,
  onClose,
}: {
  instance: InstanceDetail;
  state: Mark;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const [options, setOptions] = useState<{ [name: string]: boolean }>({});
  const body: MarkBody = {
    new_state: state,
    include_upstream: options["include_upstream"] ?? false,
    include_downstream: options["include_downstream"] ?? false,
    include_past: options["include_past"] ?? false,
    include_future: options["include_future"] ?? false,
  };
  const mark = useAct(() => markTask(instance, body).then(onClose), t("The states were changed"));
  const titles = {
    success: t("Mark as success"),
    failed: t("Mark as failed"),
    skipped: t("Mark as skipped"),
  };
  return (
    <Dialog
      open
      title={`${titles[state]}: ${instance.taskId}`}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("Cancel")}</Button>
          <Button kind="primary" disabled={mark.isPending} onClick={() => mark.mutate(undefined)}>
            {titles[state]}
          </Button>
        </>
      }
    >
      <Choices
        options={options}
        onChange={setOptions}
        names={[
          ["include_downstream", t("Downstream")],
          ["include_upstream", t("Upstream")],
          ["include_past", t("Past runs")],
          ["include_future", t("Future runs")],
        ]}
      />
      <Preview
        keys={["mark", instance.dagId, instance.runId, instance.taskId, instance.mapIndex, body]}
        ask={() => markTask(instance, body, true)}
      />
    </Dialog>
  );
}

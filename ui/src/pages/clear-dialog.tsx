/** Run again: what it would be is shown first, and changes with each choice. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type ClearBody, type ClearedInstances, clearRun, clearTasks } from "../api/actions.ts";
import { useAct } from "../api/queries.ts";
import type { AnyState, InstanceDetail, RunDetail } from "../api/types.ts";
import { Button } from "../components/button.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Failure, Loading } from "../components/page.tsx";
import { StateIcon } from "../components/state.tsx";

type Options = { [name: string]: boolean };

export function Choices({
  options,
  names,
  onChange,
}: {
  options: Options;
  names: readonly [string, string][];
  onChange: (options: Options) => void;
}) {
  return (
    <div className="mb-4 flex flex-wrap gap-2">
      {names.map(([id, label]) => (
        <label
          key={id}
          className={`inline-flex items-center gap-1.5 rounded-md border px-2.5 py-1 ${options[id] ? "border-accent bg-accent-soft text-accent-text" : "border-line-strong"}`}
        >
          <input
            type="checkbox"
            checked={options[id] ?? false}
            onChange={(event) => onChange({ ...options, [id]: event.target.checked })}
            className="accent-[var(--accent)]"
          />
          {label}
        </label>
      ))}
    </div>
  );
}

/** The task instances that an action would change. */
export function Preview({ ask, keys }: { ask: () => Promise<ClearedInstances>; keys: readonly unknown[] }) {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: ["preview", ...keys],
    queryFn: ask,
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
  if (query.error) return <Failure error={query.error} />;
  if (query.data === undefined) return <Loading rows={4} />;
  const list = query.data.task_instances;
  return (
    <div data-testid="preview">
      <p className="mb-1.5 text-xs font-medium text-faint">
        {t("{{count}} task instances", { count: query.data.total_entries ?? list.length })}
      </p>
      <ul className="max-h-60 overflow-y-auto rounded-md border">
        {list.slice(0, 500).map((one) => (
          <li
            key={`${one.dag_run_id} ${one.task_id} ${one.map_index}`}
            className="flex items-center gap-2 border-b px-2.5 py-1 last:border-b-0"
          >
            <StateIcon state={one.state as AnyState | null} size={13} />
            <span className="min-w-0 flex-1 truncate">
              {one.task_id}
              {one.map_index < 0 ? "" : `[${one.map_index}]`}
            </span>
            <span className="max-w-[50%] truncate font-mono text-2xs text-faint">{one.dag_run_id}</span>
          </li>
        ))}
        {list.length === 0 ? (
          <li className="px-2.5 py-2 text-faint">{t("Nothing would run again")}</li>
        ) : null}
      </ul>
    </div>
  );
}

export function ClearRunDialog({ run, onClose }: { run: RunDetail; onClose: () => void }) {
  const { t } = useTranslation();
  const [options, setOptions] = useState<Options>({ only_failed: run.state === "failed" });
  const body = {
    only_failed: options["only_failed"] ?? false,
    run_on_latest_version: options["run_on_latest_version"] ?? false,
  };
  const clear = useAct(
    () => clearRun(run.dagId, run.runId, { ...body, dry_run: false }).then(onClose),
    t("What you chose runs again"),
  );
  return (
    <Dialog
      open
      title={t("Clear the run")}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("Cancel")}</Button>
          <Button
            kind="primary"
            icon="retry"
            disabled={clear.isPending}
            onClick={() => clear.mutate(undefined)}
          >
            {t("Run again")}
          </Button>
        </>
      }
    >
      <Choices
        options={options}
        onChange={setOptions}
        names={[
          ["only_failed", t("Only what failed")],
          ["run_on_latest_version", t("With the newest code")],
        ]}
      />
      <Preview
        keys={["clear-run", run.dagId, run.runId, body]}
        ask={() => clearRun(run.dagId, run.runId, { ...body, dry_run: true })}
      />
    </Dialog>
  );
}

export function ClearTaskDialog({
  instance,
  onClose,
  preset = {},
}: {
  instance: InstanceDetail;
  onClose: () => void;
  preset?: Options;
}) {
  const { t } = useTranslation();
  const [options, setOptions] = useState<Options>({ include_downstream: true, ...preset });
  const { dagId, runId, taskId, mapIndex } = instance;
  const body: Omit<ClearBody, "dry_run"> = {
    dag_run_id: runId,
    task_ids: [mapIndex < 0 ? taskId : [taskId, mapIndex]],
    include_upstream: options["include_upstream"] ?? false,
    include_downstream: options["include_downstream"] ?? false,
    include_past: options["include_past"] ?? false,
    include_future: options["include_future"] ?? false,
    only_failed: options["only_failed"] ?? false,
    run_on_latest_version: options["run_on_latest_version"] ?? false,
  };
  const clear = useAct(
    () => clearTasks(dagId, { ...body, dry_run: false }).then(onClose),
    t("What you chose runs again"),
  );
  return (
    <Dialog
      open
      title={t("Clear {{task}}", { task: taskId })}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("Cancel")}</Button>
          <Button
            kind="primary"
            icon="retry"
            disabled={clear.isPending}
            onClick={() => clear.mutate(undefined)}
          >
            {t("Run again")}
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
          ["only_failed", t("Only what failed")],
          ["run_on_latest_version", t("With the newest code")],
        ]}
      />
      <Preview keys={["clear", dagId, body]} ask={() => clearTasks(dagId, { ...body, dry_run: true })} />
    </Dialog>
  );
}

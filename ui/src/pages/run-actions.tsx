/** Everything that can be done with a run. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { deleteRun, markRun, noteRun } from "../api/actions.ts";
import { useAct } from "../api/queries.ts";
import { useMay } from "../api/session.ts";
import type { RunDetail } from "../api/types.ts";
import { Button, IconButton } from "../components/button.tsx";
import { Confirm } from "../components/confirm.tsx";
import { paths, useGo } from "../components/link.tsx";
import { Menu, MenuItem, MenuLine } from "../components/menu.tsx";
import { useWatched } from "../components/watched-runs.tsx";
import { ClearRunDialog } from "./clear-dialog.tsx";
import { NoteDialog } from "./note-dialog.tsx";

export function RunActions({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const may = useMay();
  const go = useGo();
  const { dagId, runId } = run;
  const [open, setOpen] = useState<"clear" | "note" | "delete" | null>(null);
  const [watched, watch] = useWatched(dagId, runId);
  const mark = useAct(
    (state: "success" | "failed" | "queued") => markRun(dagId, runId, state),
    t("The run was changed"),
  );
  const note = useAct((text: string | null) => noteRun(dagId, runId, text), t("The note was kept"));
  const remove = useAct(async () => {
    await deleteRun(dagId, runId);
    go(paths.dag(dagId));
  }, t("The run was deleted"));
  const ended = run.endDate !== null;
  return (
    <div className="flex flex-wrap items-center gap-2">
      {ended ? null : (
        <IconButton
          kind="plain"
          icon="bell"
          filled={watched}
          aria-pressed={watched}
          label={watched ? t("Do not tell me when it ends") : t("Tell me when it ends")}
          onClick={() => watch(!watched)}
        />
      )}
      {may("edit", "DAG Runs") ? (
        <>
          <Button icon="retry" onClick={() => setOpen("clear")}>
            {t("Clear")}
          </Button>
          {ended ? null : (
            <Button kind="danger" icon="stop" onClick={() => mark.mutate("failed")}>
              {t("Stop")}
            </Button>
          )}
          <Menu trigger={<IconButton kind="plain" icon="more" label={t("More actions")} />}>
            <MenuItem icon="check" onSelect={() => mark.mutate("success")}>
              {t("Mark as success")}
            </MenuItem>
            <MenuItem icon="cross" onSelect={() => mark.mutate("failed")}>
              {t("Mark as failed")}
            </MenuItem>
            <MenuItem icon="note" onSelect={() => setOpen("note")}>
              {t("Note")}
            </MenuItem>
            {may("delete", "DAG Runs") ? (
              <>
                <MenuLine />
                <MenuItem icon="trash" danger onSelect={() => setOpen("delete")}>
                  {t("Delete")}
                </MenuItem>
              </>
            ) : null}
          </Menu>
        </>
      ) : null}
      {open === "clear" ? <ClearRunDialog run={run} onClose={() => setOpen(null)} /> : null}
      {open === "note" ? (
        <NoteDialog
          note={run.note}
          onClose={() => setOpen(null)}
          onSave={(text) => note.mutateAsync(text).then(() => setOpen(null))}
        />
      ) : null}
      {open === "delete" ? (
        <Confirm
          title={t("Delete this run?")}
          act={t("Delete")}
          onClose={() => setOpen(null)}
          onConfirm={() => remove.mutate(undefined)}
        >
          {t("The run, its task instances and their values are gone for good; logs stay.")}
        </Confirm>
      ) : null}
    </div>
  );
}

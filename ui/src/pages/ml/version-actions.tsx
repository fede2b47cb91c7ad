/** What can be done with a version: approve or reject it, move it to a stage, delete it. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAct } from "../../api/queries.ts";
import { useMay } from "../../api/session.ts";
import { deleteVersion, moveToStage, tagVersion } from "../../api/tracking.ts";
import type { ModelVersionPage } from "../../api/tracking-types.ts";
import { Button, IconButton } from "../../components/button.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Icon } from "../../components/icons.tsx";
import { paths, useGo } from "../../components/link.tsx";
import { Menu, MenuItem } from "../../components/menu.tsx";
import { StageChip, stages, validationOf, validationTag } from "./stages.tsx";

export function VersionActions({ page }: { page: ModelVersionPage }) {
  const { t } = useTranslation();
  const may = useMay();
  const go = useGo();
  const [moving, setMoving] = useState<string | null>(null);
  const [deleting, setDeleting] = useState(false);
  const { name, version } = page;
  const remove = useAct(
    async () => {
      await deleteVersion(name, version);
      go(paths.model(name));
    },
    t("Version {{version}} was deleted", { version }),
  );
  if (!may("edit", "Registered Models")) return null;
  return (
    <>
      <Verdict page={page} />
      <Menu
        trigger={
          <Button>
            {t("Stage")}
            <Icon name="chevronDown" size={13} />
          </Button>
        }
      >
        {stages
          .filter((stage) => stage !== page.stage)
          .map((stage) => (
            <MenuItem key={stage} onSelect={() => setMoving(stage)}>
              <StageChip stage={stage} />
            </MenuItem>
          ))}
      </Menu>
      <IconButton icon="trash" label={t("Delete the version")} onClick={() => setDeleting(true)} />
      {moving === null ? null : <StageDialog page={page} stage={moving} onClose={() => setMoving(null)} />}
      {deleting ? (
        <Confirm
          title={t("Delete version {{version}}?", { version })}
          act={t("Delete")}
          onClose={() => setDeleting(false)}
          onConfirm={() => remove.mutate(undefined)}
        >
          <p>{t("Its number is never given again. Its run and its files stay.")}</p>
          {page.aliases.length === 0 ? null : (
            <p className="mt-2">
              {t("Whoever loads it by an alias fails from then on: {{aliases}}", {
                aliases: page.aliases.map((alias) => `@${alias}`).join(", "),
              })}
            </p>
          )}
        </Confirm>
      ) : null}
    </>
  );
}

function Verdict({ page }: { page: ModelVersionPage }) {
  const { t } = useTranslation();
  const { name, version, tags } = page;
  const now = validationOf(tags);
  const decide = useAct(
    (verdict: "approved" | "rejected" | null) => tagVersion(name, version, validationTag, verdict),
    (verdict) =>
      verdict === "approved"
        ? t("Version {{version}} is approved", { version })
        : verdict === "rejected"
          ? t("Version {{version}} is rejected", { version })
          : t("The decision was taken back"),
  );
  if (now === "approved" || now === "rejected")
    return <Button onClick={() => decide.mutate(null)}>{t("Take the decision back")}</Button>;
  return (
    <>
      <Button kind="primary" icon="check" onClick={() => decide.mutate("approved")}>
        {t("Approve")}
      </Button>
      <Button kind="danger" icon="cross" onClick={() => decide.mutate("rejected")}>
        {t("Reject")}
      </Button>
    </>
  );
}

function StageDialog({
  page,
  stage,
  onClose,
}: {
  page: ModelVersionPage;
  stage: string;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const canArchive = stage === "Staging" || stage === "Production";
  const [archive, setArchive] = useState(canArchive);
  const { name, version } = page;
  const move = useAct(
    () => moveToStage(name, version, stage, canArchive && archive).then(onClose),
    t("Version {{version}} is in {{stage}}", { version, stage }),
  );
  return (
    <Dialog
      open
      title={t("Move version {{version}} to {{stage}}?", { version, stage })}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("Cancel")}</Button>
          <Button kind="primary" disabled={move.isPending} onClick={() => move.mutate(undefined)}>
            {t("Move")}
          </Button>
        </>
      }
    >
      <p className="mb-3 flex items-center gap-2">
        <StageChip stage={page.stage} /> → <StageChip stage={stage} />
      </p>
      {canArchive ? (
        <label className="flex items-center gap-2">
          <input type="checkbox" checked={archive} onChange={(event) => setArchive(event.target.checked)} />
          {t("Archive the versions that stand in {{stage}}", { stage })}
        </label>
      ) : null}
    </Dialog>
  );
}

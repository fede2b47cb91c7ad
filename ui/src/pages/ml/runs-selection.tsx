/** What can be done with chosen runs. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAct } from "../../api/queries.ts";
import { useMay } from "../../api/session.ts";
import { runAction } from "../../api/tracking.ts";
import { Button } from "../../components/button.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { paths, useGo } from "../../components/link.tsx";

type Action = "delete" | "restore" | "delete-permanently";

export function RunsSelection({
  ids,
  selected,
  isDeleted,
  onDone,
}: {
  ids: readonly string[];
  selected: ReadonlySet<string>;
  isDeleted: boolean;
  onDone: () => void;
}) {
  const { t } = useTranslation();
  const may = useMay();
  const go = useGo();
  const [asking, setAsking] = useState<Action | null>(null);
  const act = useAct(
    async (what: Action) => {
      for (const id of selected) await runAction(id, what);
      onDone();
    },
    (what) => (what === "restore" ? t("They were restored") : t("They were deleted")),
  );
  if (selected.size === 0) return null;
  return (
    <span className="flex flex-wrap items-center gap-2 rounded-lg bg-accent-soft px-2 py-1">
      <span className="font-medium text-accent-text">{t("{{count}} chosen", { count: selected.size })}</span>
      <Button
        small
        kind="primary"
        icon="diff"
        disabled={selected.size < 2 || selected.size > 100}
        onClick={() => go(paths.compareRuns([...selected], ids))}
      >
        {t("Compare")}
      </Button>
      {may("delete", "Experiments") ? (
        isDeleted ? (
          <>
            <Button small icon="history" onClick={() => act.mutate("restore")}>
              {t("Restore")}
            </Button>
            <Button small kind="danger" icon="trash" onClick={() => setAsking("delete-permanently")}>
              {t("Delete for good")}
            </Button>
          </>
        ) : (
          <Button small kind="danger" icon="trash" onClick={() => setAsking("delete")}>
            {t("Delete")}
          </Button>
        )
      ) : null}
      <Button small kind="ghost" onClick={onDone}>
        {t("Unselect")}
      </Button>
      {asking === null ? null : (
        <Confirm
          title={t("Delete {{count}} runs?", { count: selected.size })}
          act={asking === "delete" ? t("Delete") : t("Delete for good")}
          onClose={() => setAsking(null)}
          onConfirm={() => act.mutate(asking)}
        >
          {asking === "delete"
            ? t("They can be restored.")
            : t("What they logged and their artifacts are gone for ever.")}
        </Confirm>
      )}
    </span>
  );
}

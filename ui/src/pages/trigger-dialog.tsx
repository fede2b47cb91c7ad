/** Starts a run by hand: a form made from the Dag's params, or JSON as it is; or many runs, as a backfill. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useDag } from "../api/queries.ts";
import { Dialog } from "../components/dialog.tsx";
import { Segments } from "../components/field.tsx";
import { Loaded } from "../components/page.tsx";
import { BackfillForm } from "./backfill-form.tsx";
import { OneRunForm } from "./one-run-form.tsx";

export function TriggerDialog({ dagId, onClose }: { dagId: string; onClose: () => void }) {
  const { t } = useTranslation();
  const dag = useDag(dagId);
  const [mode, setMode] = useState<"one" | "many">("one");
  return (
    <Dialog open onClose={onClose} title={t("Trigger {{dag}}", { dag: dagId })} wide={mode === "many"}>
      <Loaded query={dag}>
        {(header) => (
          <>
            <div className="mb-4">
              <Segments
                label={t("How many runs")}
                value={mode}
                onChange={setMode}
                options={[
                  { value: "one", label: t("One run") },
                  { value: "many", label: t("Backfill") },
                ]}
              />
            </div>
            {mode === "one" ? (
              <OneRunForm dag={header} onClose={onClose} />
            ) : (
              <BackfillForm dagId={dagId} onDone={onClose} />
            )}
          </>
        )}
      </Loaded>
    </Dialog>
  );
}

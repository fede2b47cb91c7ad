/** Many runs over a range of dates; what they would be is shown before anything starts. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type BackfillBody, backfill, backfillPreview } from "../api/actions.ts";
import { useAct } from "../api/queries.ts";
import { Button } from "../components/button.tsx";
import { useFormat } from "../components/time.tsx";
import { sayError } from "../components/toast.tsx";
import { BackfillFields, type BackfillValues } from "./backfill-fields.tsx";
import { jsonProblem } from "./json-problem.ts";

interface Planned {
  dates: readonly string[];
  total: number;
}

const atFirst: BackfillValues = {
  from: null,
  to: null,
  reprocess: "none",
  active: 10,
  backwards: false,
  conf: "",
};

function bodyOf(dagId: string, values: BackfillValues): BackfillBody {
  return {
    dag_id: dagId,
    from_date: new Date(values.from ?? Number.NaN).toISOString(),
    to_date: new Date(values.to ?? Number.NaN).toISOString(),
    run_backwards: values.backwards,
    reprocess_behavior: values.reprocess,
    max_active_runs: values.active,
    ...(values.conf.trim() === "" ? {} : { dag_run_conf: JSON.parse(values.conf) }),
  };
}

export function BackfillForm({ dagId, onDone }: { dagId: string; onDone: () => void }) {
  const { t } = useTranslation();
  const [values, setValues] = useState(atFirst);
  const [planned, setPlanned] = useState<Planned | null>(null);
  const { from, to } = values;
  const confProblem = jsonProblem(values.conf, t);
  const isReady = from !== null && to !== null && from <= to && confProblem === null;
  const start = useAct(() => backfill(bodyOf(dagId, values)).then(onDone), t("The backfill was started"));
  const look = (): void => {
    backfillPreview(bodyOf(dagId, values))
      .then(({ backfills, total_entries: total }) =>
        setPlanned({ dates: backfills.map(({ logical_date }) => logical_date ?? ""), total }),
      )
      .catch(sayError);
  };
  return (
    <div className="flex flex-col gap-4">
      <BackfillFields
        values={values}
        confProblem={confProblem}
        onChange={(next) => {
          setValues(next);
          setPlanned(null);
        }}
      />
      {planned === null ? null : <Preview planned={planned} />}
      <div className="flex justify-end gap-2 border-t pt-4">
        <Button onClick={look} disabled={!isReady} icon="list">
          {t("Preview")}
        </Button>
        <Button
          kind="primary"
          icon="play"
          disabled={!isReady || planned === null || planned.total === 0 || start.isPending}
          onClick={() => start.mutate(undefined)}
        >
          {t("Start the backfill")}
        </Button>
      </div>
    </div>
  );
}

function Preview({ planned: { dates, total } }: { planned: Planned }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <div className="rounded-md bg-sunken p-3" data-testid="backfill-preview">
      <p className="mb-1 font-medium">{t("{{count}} runs", { count: total })}</p>
      <p className="max-h-28 overflow-y-auto text-xs text-soft">
        {dates
          .slice(0, 200)
          .map((date) => format(Date.parse(date)))
          .join(" · ")}
        {total > 200 ? " …" : ""}
      </p>
    </div>
  );
}

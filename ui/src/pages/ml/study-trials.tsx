/** Trials as rows: state, value, parameters, how long they took; what went wrong with those that failed. */
import { useTranslation } from "react-i18next";
import type { Trial, TrialState } from "../../api/tracking-types.ts";
import { Segments } from "../../components/field.tsx";
import { useAddress } from "../../components/link.tsx";
import { numberText } from "../../components/numbers.ts";
import { Empty } from "../../components/page.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { Duration } from "../../components/time.tsx";
import { TrialBadge, useTrialStateName } from "./run-status.tsx";
import type { StudyViewProps } from "./study.tsx";
import { paramNames, valueOf } from "./trial-values.ts";

const states: readonly TrialState[] = ["complete", "running", "waiting", "pruned", "fail"];
const instant = (text: string | null): number | null => (text === null ? null : Date.parse(text));

export function StudyTrials({ study, trials, target, best }: StudyViewProps & { best: Trial | null }) {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const nameOf = useTrialStateName();
  const state = address["state"] ?? "";
  const sort = address["sort"] ?? "-number";
  const shown = trials.filter((trial) => state === "" || trial.state === state);
  const columns = useColumns({ study, trials, target }, best);
  return (
    <>
      <div>
        <Segments
          label={t("Which trials")}
          value={state}
          onChange={(next) => change({ state: next })}
          options={[
            { value: "", label: t("All"), count: trials.length },
            ...states.flatMap((one) => {
              const count = trials.filter((trial) => trial.state === one).length;
              return count === 0 ? [] : [{ value: one as string, label: nameOf(one), count }];
            }),
          ]}
        />
      </div>
      {shown.length === 0 ? (
        <Empty icon="target" title={t("No trial fits")} />
      ) : (
        <Table
          label={t("Trials")}
          columns={columns}
          rows={inOrder(shown, sort, target)}
          keyOf={(trial) => String(trial.number)}
          sort={sort}
          onSort={(next) => change({ sort: next })}
        />
      )}
    </>
  );
}

function inOrder(trials: readonly Trial[], sort: string, target: number): Trial[] {
  const down = sort.startsWith("-");
  const key = sort.replace(/^-/, "");
  const of = (trial: Trial): number => (key === "number" ? trial.number : valueOf(trial, target));
  return [...trials].sort((a, b) => {
    const [left, right] = [of(a), of(b)];
    // Those without a value come last, whatever the direction.
    if (Number.isNaN(left) || Number.isNaN(right))
      return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
    return down ? right - left : left - right;
  });
}

function useColumns({ study, trials, target }: StudyViewProps, best: Trial | null): Column<Trial>[] {
  const { t } = useTranslation();
  return [
    {
      id: "number",
      label: t("Trial"),
      sort: ["-number", "number"],
      cell: (trial) => (
        <span className="inline-flex items-center gap-2 tabular-nums">
          {trial.number}
          {trial.number === best?.number ? (
            <span className="rounded bg-accent-soft px-1.5 text-2xs font-medium text-accent-text">
              {t("best")}
            </span>
          ) : null}
        </span>
      ),
    },
    {
      id: "state",
      label: t("State"),
      cell: (trial) => (
        <div>
          <TrialBadge state={trial.state} />
          {trial.error === null ? null : (
            <p className="max-w-64 text-xs break-words text-danger-text">{trial.error.slice(0, 300)}</p>
          )}
        </div>
      ),
    },
    {
      id: "value",
      label: t("Value"),
      align: "right",
      sort: study.directions[target] === "maximize" ? ["-value", "value"] : ["value", "-value"],
      cell: (trial) =>
        trial.values === null ? "–" : trial.values.map((value) => numberText(value)).join(", "),
    },
    ...paramNames(study, trials).map(
      (name): Column<Trial> => ({
        id: `param ${name}`,
        label: name,
        align: "right",
        wide: true,
        cell: (trial) => {
          const value = trial.params[name];
          if (value === undefined) return <span className="text-faint">–</span>;
          return typeof value === "number" ? numberText(value) : String(value);
        },
      }),
    ),
    { id: "worker", label: t("Worker"), wide: true, cell: (trial) => trial.worker ?? "–" },
    {
      id: "took",
      label: t("Took"),
      align: "right",
      wide: true,
      cell: (trial) => <Duration from={instant(trial.started_at)} to={instant(trial.ended_at)} />,
    },
  ];
}

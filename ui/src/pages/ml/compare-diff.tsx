/** Params, metrics, tags and facts of runs side by side; at first only what differs. */
import { useTranslation } from "react-i18next";
import type { RunFacts } from "../../api/tracking-types.ts";
import { Link, paths, useAddress } from "../../components/link.tsx";
import { numberText } from "../../components/numbers.ts";
import { durationText } from "../../components/time.tsx";
import { StatusIcon } from "./run-status.tsx";
import { isOwnTag } from "./tags.tsx";

interface DiffRow {
  name: string;
  /** As they are compared. */
  values: (string | null)[];
  numeric: boolean;
}

export function CompareDiff({ runs }: { runs: readonly RunFacts[] }) {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const all = address["all"] === "1";
  const sections: [string, DiffRow[]][] = [
    [
      t("Run"),
      [
        { name: t("User"), values: runs.map(({ userId }) => userId), numeric: false },
        {
          name: t("Duration"),
          values: runs.map(({ startTime, endTime }) =>
            endTime === null ? null : durationText(endTime - startTime),
          ),
          numeric: false,
        },
      ],
    ],
    [t("Parameters"), rowsOf(runs.map(({ params }) => params))],
    [
      t("Metrics"),
      rowsOf(
        runs.map(({ metrics }) => metrics),
        true,
      ),
    ],
    [t("Tags"), rowsOf(runs.map(({ tags }) => tags.filter(isOwnTag)))],
  ];
  return (
    <div className="flex flex-col gap-3">
      <label className="inline-flex items-center gap-2 text-sm">
        <input
          type="checkbox"
          checked={!all}
          onChange={(event) => change({ all: event.target.checked ? undefined : "1" })}
        />
        {t("Only what differs")}
      </label>
      <div className="card overflow-x-auto" tabIndex={0} role="region" aria-label={t("What differs")}>
        <table
          className="w-full border-separate border-spacing-0 text-left text-sm"
          aria-label={t("What differs")}
        >
          <thead>
            <tr>
              <td className="sticky left-0 z-10 border-b bg-surface px-3 py-2" />
              {runs.map((run) => (
                <th key={run.runId} scope="col" className="min-w-32 border-b px-3 py-2 font-medium">
                  <Link
                    to={paths.trackedRun(run.experimentId, run.runId)}
                    className="inline-flex max-w-48 items-center gap-1.5 hover:underline"
                  >
                    <StatusIcon status={run.status} />
                    <span className="truncate">{run.name}</span>
                  </Link>
                </th>
              ))}
            </tr>
          </thead>
          {sections.map(([title, rows]) => (
            <Section
              key={title}
              title={title}
              rows={all ? rows : rows.filter(differs)}
              total={rows.length}
              width={runs.length + 1}
            />
          ))}
        </table>
      </div>
    </div>
  );
}

const differs = ({ values }: DiffRow): boolean => new Set(values).size > 1;

function rowsOf(
  lists: readonly (readonly { key: string; value: string | number }[])[],
  numeric = false,
): DiffRow[] {
  const maps = lists.map((list) => new Map(list.map(({ key, value }) => [key, String(value)])));
  const keys = [...new Set(maps.flatMap((map) => [...map.keys()]))].sort();
  return keys.map((name) => ({ name, numeric, values: maps.map((map) => map.get(name) ?? null) }));
}

function Section({
  title,
  rows,
  total,
  width,
}: {
  title: string;
  rows: readonly DiffRow[];
  total: number;
  width: number;
}) {
  const { t } = useTranslation();
  if (total === 0) return null;
  return (
    <tbody>
      <tr>
        <th
          scope="rowgroup"
          colSpan={width}
          className="border-b bg-sunken px-3 py-1 text-xs font-medium text-soft"
        >
          <span className="sticky left-3">
            {title}
            {rows.length === 0 ? ` · ${t("nothing differs")}` : null}
          </span>
        </th>
      </tr>
      {rows.map((row) => (
        <tr key={row.name}>
          <th
            scope="row"
            className="sticky left-0 z-10 max-w-52 border-b bg-surface px-3 py-1.5 font-normal break-words text-soft"
          >
            {row.name}
          </th>
          {row.values.map((value, index) => (
            // The place is the run.
            <td
              key={index}
              className={`border-b px-3 py-1.5 break-words tabular-nums ${differs(row) ? "bg-warn-soft/60" : ""}`}
            >
              {value === null ? (
                <span className="text-faint">–</span>
              ) : row.numeric ? (
                numberText(value)
              ) : (
                value
              )}
            </td>
          ))}
        </tr>
      ))}
    </tbody>
  );
}

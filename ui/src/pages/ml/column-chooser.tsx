/** Which columns a table of runs shows. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { RunColumns } from "../../api/tracking-types.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { allColumns, type ColumnGroup, type RunColumn } from "./run-columns.ts";
import { useColumnName } from "./use-column-name.ts";

export function ColumnChooser({
  known,
  shown,
  onChange,
  onClose,
}: {
  known: RunColumns;
  shown: readonly string[];
  /** Null: the usual ones. */
  onChange: (ids: string[] | null) => void;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const [words, setWords] = useState("");
  const nameOf = useColumnName();
  const chosen = new Set(shown);
  const groups: [ColumnGroup, string][] = [
    ["attributes", t("Attributes")],
    ["metrics", t("Metrics")],
    ["params", t("Parameters")],
    ["tags", t("Tags")],
  ];
  const fits = (column: RunColumn): boolean =>
    nameOf(column).toLowerCase().includes(words.toLowerCase()) || column.id.includes(words);
  const columns = allColumns(known).filter(fits);
  const put = (ids: readonly string[], on: boolean): void => {
    const next = new Set(chosen);
    for (const id of ids) {
      if (on) next.add(id);
      else next.delete(id);
    }
    onChange([...next]);
  };
  return (
    <Dialog
      open
      title={t("Columns")}
      onClose={onClose}
      footer={
        <>
          <Button onClick={() => onChange(null)}>{t("The usual ones")}</Button>
          <Button kind="primary" onClick={onClose}>
            {t("Done")}
          </Button>
        </>
      }
    >
      <input
        type="search"
        aria-label={t("Search columns")}
        placeholder={t("Search columns")}
        value={words}
        onChange={(event) => setWords(event.target.value)}
        className="field mb-3 w-full"
      />
      {groups.map(([group, title]) => {
        const own = columns.filter((column) => column.group === group);
        if (own.length === 0) return null;
        const all = own.every(({ id }) => chosen.has(id));
        return (
          <fieldset key={group} className="mb-3">
            <legend className="mb-1 flex w-full items-center gap-2 text-xs font-medium text-faint">
              {title}
              <button
                type="button"
                className="link"
                onClick={() =>
                  put(
                    own.map(({ id }) => id),
                    !all,
                  )
                }
              >
                {all ? t("none") : t("all")}
              </button>
            </legend>
            <div className="grid grid-cols-1 gap-x-4 sm:grid-cols-2">
              {own.map((column) => (
                <label key={column.id} className="flex min-w-0 items-center gap-2 py-0.5">
                  <input
                    type="checkbox"
                    checked={chosen.has(column.id)}
                    onChange={(event) => put([column.id], event.target.checked)}
                  />
                  <span className="truncate">{nameOf(column)}</span>
                </label>
              ))}
            </div>
          </fieldset>
        );
      })}
    </Dialog>
  );
}

import { useTranslation } from "react-i18next";
import { Button } from "../../components/button.tsx";
import type { RunAxis } from "./run-values.ts";

/** Which params and metrics are drawn: a click takes one away or adds it. */
export function AxisChoice({
  label,
  all,
  chosen,
  onChange,
}: {
  label: string;
  all: readonly Pick<RunAxis, "id" | "name">[];
  chosen: readonly string[];
  /** Null: the usual ones. */
  onChange: (ids: string[] | null) => void;
}) {
  const { t } = useTranslation();
  const toggled = (id: string): string[] => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    return all.filter((axis) => next.has(axis.id)).map((axis) => axis.id);
  };
  return (
    <div
      role="group"
      aria-label={label}
      className="flex max-h-28 flex-wrap items-center gap-1.5 overflow-y-auto"
    >
      {all.map(({ id, name }) => {
        const on = chosen.includes(id);
        return (
          <button
            key={id}
            type="button"
            aria-pressed={on}
            title={id}
            onClick={() => onChange(toggled(id))}
            className={`max-w-52 truncate rounded-full border px-2 py-0.5 text-xs ${on ? "border-accent bg-accent-soft text-accent-text" : "border-line-strong text-soft hover:bg-sunken"}`}
          >
            {name}
          </button>
        );
      })}
      <Button small kind="ghost" onClick={() => onChange(null)}>
        {t("The usual ones")}
      </Button>
    </div>
  );
}

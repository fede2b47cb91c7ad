/** Two filters of a list, from when and until when; the address has the instants, so that a link means the same everywhere. */
import { useTranslation } from "react-i18next";
import { InstantInput } from "./instant-input.tsx";
import { useAddress } from "./link.tsx";

/** Of what stands in the address; undefined for what is no date. */
export function instantOfAddress(text: string | undefined): number | undefined {
  const at = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}

export function DateRange() {
  const { t } = useTranslation();
  return (
    <span className="flex w-full flex-wrap gap-2 sm:w-auto">
      <DateFilter name="from" label={t("Due from")} />
      <DateFilter name="to" label={t("Due until")} />
    </span>
  );
}

function DateFilter({ name, label }: { name: "from" | "to"; label: string }) {
  const [address, change] = useAddress();
  const at = instantOfAddress(address[name]) ?? null;
  return (
    <label
      className={`flex h-8 w-full items-center gap-1.5 rounded-md border px-2 text-sm sm:w-auto ${at === null ? "border-line-strong bg-surface text-soft" : "border-accent bg-accent-soft text-accent-text"}`}
    >
      <span className="w-20 shrink-0 whitespace-nowrap sm:w-auto">{label}</span>
      <InstantInput
        at={at}
        onChange={(next) =>
          change({ [name]: next === null ? undefined : new Date(next).toISOString(), offset: undefined })
        }
        className="min-w-0 flex-1 bg-transparent text-ink"
      />
    </label>
  );
}

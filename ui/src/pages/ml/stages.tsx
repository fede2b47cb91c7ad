/** Where a version stands: aliases, stages, and whether somebody approved it. */
import { useTranslation } from "react-i18next";
import type { KeyValue } from "../../api/tracking-types.ts";
import { Icon } from "../../components/icons.tsx";

export const stages = ["None", "Staging", "Production", "Archived"] as const;

export function AliasChip({ alias }: { alias: string }) {
  return (
    <span className="rounded bg-accent-soft px-1.5 py-0.5 text-2xs font-medium text-accent-text">
      @{alias}
    </span>
  );
}

const dots: Readonly<Record<string, string>> = {
  Production: "--s-success",
  Staging: "--s-up_for_retry",
  Archived: "--s-removed",
};

export function StageChip({ stage }: { stage: string }) {
  return (
    <span className="inline-flex items-center gap-1 rounded border border-line-strong px-1.5 py-px text-2xs font-medium whitespace-nowrap">
      <span className="size-1.5 rounded-full" style={{ background: `var(${dots[stage] ?? "--s-none"})` }} />
      {stage}
    </span>
  );
}

/** The tag in which MLflow's users keep it. */
export const validationTag = "validation_status";
export type Validation = "approved" | "rejected" | "pending";

export function validationOf(tags: readonly KeyValue[]): Validation | null {
  const value = tags.find(({ key }) => key === validationTag)?.value.toLowerCase();
  return value === "approved" || value === "rejected" || value === "pending" ? value : null;
}

export function ValidationChip({ validation }: { validation: Validation }) {
  const { t } = useTranslation();
  const looks = {
    approved: ["check", t("approved"), "bg-accent-soft text-accent-text"],
    rejected: ["cross", t("rejected"), "bg-danger-soft text-danger-text"],
    pending: ["clock", t("to be decided"), "bg-warn-soft text-warn-text"],
  } as const;
  const [icon, words, look] = looks[validation];
  return (
    <span
      data-validation={validation}
      className={`inline-flex items-center gap-1 rounded px-1.5 py-0.5 text-2xs font-medium whitespace-nowrap ${look}`}
    >
      <Icon name={icon} size={11} />
      {words}
    </span>
  );
}

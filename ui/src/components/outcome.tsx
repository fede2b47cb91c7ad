/** How a check ended, as colour and sign. */
import { useTranslation } from "react-i18next";
import type { CheckOutcome } from "../api/types.ts";

const colors: Record<CheckOutcome, string> = {
  passed: "var(--s-success)",
  warned: "var(--s-up_for_retry)",
  failed: "var(--s-failed)",
};
const signs: Record<CheckOutcome, string> = {
  passed: "M4 8.4 6.8 11 12 5.2",
  warned: "M8 4.2v5M8 11.6v.2",
  failed: "M5 5l6 6M11 5l-6 6",
};

export const outcomeColor = (outcome: CheckOutcome): string => colors[outcome];

export function useOutcomeName(): (outcome: CheckOutcome) => string {
  const { t } = useTranslation();
  const names: Record<CheckOutcome, string> = {
    passed: t("passed"),
    warned: t("warned"),
    failed: t("failed"),
  };
  return (outcome) => names[outcome];
}

export function OutcomeIcon({ outcome, size = 16 }: { outcome: CheckOutcome; size?: number }) {
  return (
    <svg viewBox="0 0 16 16" width={size} height={size} aria-hidden="true" className="shrink-0">
      <circle cx="8" cy="8" r="7.2" fill={colors[outcome]} />
      <path
        d={signs[outcome]}
        fill="none"
        stroke="#fff"
        strokeWidth="1.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}

export function OutcomeBadge({
  outcome,
  label,
  small = false,
}: {
  outcome: CheckOutcome;
  /** Other words than the outcome's own. */
  label?: string;
  small?: boolean;
}) {
  const name = useOutcomeName()(outcome);
  return (
    <span
      data-outcome={outcome}
      className={`inline-flex items-center gap-1.5 align-middle font-medium whitespace-nowrap ${small ? "text-xs" : "text-sm"}`}
    >
      <OutcomeIcon outcome={outcome} size={small ? 14 : 16} />
      {label ?? name}
    </span>
  );
}

import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./button.tsx";

export interface BulkBarProps {
  /** As "3 runs". */
  readonly title: string;
  onClear(): void;
  onMark(state: "success" | "failed"): void;
  onUnselect(): void;
  /** More that can be done with them. */
  readonly children?: ReactNode;
}

/** What can be done with rows that were chosen in a table of runs or of task instances. */
export function BulkBar({ title, onClear, onMark, onUnselect, children }: BulkBarProps) {
  const { t } = useTranslation();
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2 rounded-lg bg-accent-soft px-3 py-2">
      <span className="mr-2 font-medium text-accent-text">{title}</span>
      <Button small icon="retry" onClick={onClear}>
        {t("Clear")}
      </Button>
      <Button small icon="check" onClick={() => onMark("success")}>
        {t("Mark as success")}
      </Button>
      <Button small icon="cross" onClick={() => onMark("failed")}>
        {t("Mark as failed")}
      </Button>
      {children}
      <Button small kind="ghost" onClick={onUnselect}>
        {t("Unselect")}
      </Button>
    </div>
  );
}

import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";

export function Confirm({
  title,
  act,
  kind = "danger",
  children,
  onClose,
  onConfirm,
}: {
  title: string;
  act: string;
  kind?: "danger" | "primary";
  children: ReactNode;
  onClose: () => void;
  onConfirm: () => void;
}) {
  const { t } = useTranslation();
  return (
    <Dialog
      open
      title={title}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("Cancel")}</Button>
          <Button
            kind={kind}
            onClick={() => {
              onConfirm();
              onClose();
            }}
          >
            {act}
          </Button>
        </>
      }
    >
      <div className={kind === "danger" ? "text-soft" : undefined}>{children}</div>
    </Dialog>
  );
}

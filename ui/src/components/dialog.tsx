/** A modal window: the browser's own dialog, which keeps the focus inside and closes on Escape. */
import { type ReactNode, useEffect, useId, useRef } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "./button.tsx";

export function Dialog({
  open,
  onClose,
  title,
  children,
  footer,
  wide = false,
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  footer?: ReactNode;
  wide?: boolean;
}) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const { t } = useTranslation();
  useEffect(() => {
    const dialog = ref.current;
    if (dialog === null) return;
    if (open && !dialog.open) dialog.showModal();
    if (!open && dialog.open) dialog.close();
  }, [open]);
  if (!open) return null;
  return (
    <dialog
      ref={ref}
      aria-labelledby={titleId}
      onClose={onClose}
      onMouseDown={(event) => event.target === ref.current && onClose()}
      className={`m-auto max-h-[88vh] w-[calc(100vw-1.5rem)] rounded-xl border border-line bg-raised p-0 shadow-float ${wide ? "max-w-4xl" : "max-w-xl"}`}
    >
      <div className="flex max-h-[88vh] flex-col">
        <header className="flex items-center justify-between gap-3 border-b px-4 py-2.5">
          <h2 id={titleId} className="truncate font-semibold">
            {title}
          </h2>
          <IconButton icon="cross" label={t("Close")} onClick={onClose} />
        </header>
        <div className="min-h-0 overflow-y-auto px-4 py-4">{children}</div>
        {footer === undefined ? null : (
          <footer className="flex flex-wrap items-center justify-end gap-2 border-t bg-surface px-4 py-3">
            {footer}
          </footer>
        )}
      </div>
    </dialog>
  );
}

import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../components/button.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";

export function NoteDialog({
  note,
  onClose,
  onSave,
}: {
  note: string | null;
  onClose: () => void;
  onSave: (note: string | null) => void;
}) {
  const { t } = useTranslation();
  const [text, setText] = useState(note ?? "");
  return (
    <Dialog
      open
      title={t("Note")}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("Cancel")}</Button>
          <Button kind="primary" onClick={() => onSave(text.trim() === "" ? null : text)}>
            {t("Save")}
          </Button>
        </>
      }
    >
      <Field label={t("What others should know")}>
        {(id) => (
          <textarea
            id={id}
            rows={5}
            maxLength={1000}
            value={text}
            onChange={(event) => setText(event.target.value)}
            className="field w-full"
          />
        )}
      </Field>
    </Dialog>
  );
}

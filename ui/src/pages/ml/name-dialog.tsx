/** Asks for a name. */
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Field } from "../../components/field.tsx";

export function NameDialog({
  title,
  act,
  name = "",
  more,
  onClose,
  onSave,
}: {
  title: string;
  act: string;
  name?: string;
  /** Another field, which may stay empty. */
  more?: { label: string; hint: string };
  onClose: () => void;
  /** What it throws is shown in the dialog, which stays. */
  onSave: (name: string, more: string) => Promise<unknown>;
}) {
  const { t } = useTranslation();
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    onSave(String(form.get("name")).trim(), String(form.get("more") ?? "").trim())
      .then(onClose)
      .catch((failure: unknown) => {
        setError(failure instanceof Error ? failure.message : String(failure));
        setBusy(false);
      });
  };
  return (
    <Dialog open title={title} onClose={onClose}>
      <form onSubmit={submit} className="flex flex-col gap-3">
        <Field label={t("Name")} error={error}>
          {(id) => (
            <input
              id={id}
              name="name"
              required
              maxLength={500}
              defaultValue={name}
              autoFocus
              className="field"
            />
          )}
        </Field>
        {more === undefined ? null : (
          <Field label={more.label} hint={more.hint}>
            {(id) => <input id={id} name="more" className="field" />}
          </Field>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("Cancel")}</Button>
          <Button kind="primary" type="submit" disabled={busy}>
            {act}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

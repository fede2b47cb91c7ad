/** A description in Markdown, and the way to change it. */
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useAct } from "../../api/queries.ts";
import { Button, IconButton } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Field } from "../../components/field.tsx";
import { MarkdownText } from "../../components/markdown.tsx";

export function Description({
  text,
  save,
}: {
  text: string;
  /** Null: it cannot be changed. */
  save: ((text: string) => Promise<unknown>) | null;
}) {
  const { t } = useTranslation();
  const [editing, setEditing] = useState(false);
  if (text === "" && save === null) return null;
  return (
    <section aria-label={t("Description")} className="card p-4">
      <div className="flex items-center gap-2">
        <h2 className="font-semibold">{t("Description")}</h2>
        {save === null ? null : (
          <IconButton icon="edit" label={t("Change the description")} onClick={() => setEditing(true)} />
        )}
      </div>
      {text === "" ? (
        <p className="text-faint">{t("Nobody has described it yet.")}</p>
      ) : (
        <MarkdownText text={text} />
      )}
      {editing && save !== null ? (
        <DescriptionDialog text={text} save={save} onClose={() => setEditing(false)} />
      ) : null}
    </section>
  );
}

function DescriptionDialog({
  text,
  save,
  onClose,
}: {
  text: string;
  save: (text: string) => Promise<unknown>;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const act = useAct((next: string) => save(next).then(onClose), t("The description was saved"));
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    act.mutate(String(new FormData(event.currentTarget).get("text")));
  };
  return (
    <Dialog open wide title={t("Description")} onClose={onClose}>
      <form onSubmit={submit} className="flex flex-col gap-3">
        <Field label={t("Description")} hint={t("Markdown: **bold**, lists, tables, links, code.")}>
          {(id) => (
            <textarea
              id={id}
              name="text"
              rows={10}
              defaultValue={text}
              className="field w-full font-mono text-xs"
            />
          )}
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("Cancel")}</Button>
          <Button kind="primary" type="submit" disabled={act.isPending}>
            {t("Save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

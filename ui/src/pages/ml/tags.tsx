/** Tags: shown as chips, changed one at a time. */
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useAct } from "../../api/queries.ts";
import type { KeyValue } from "../../api/tracking-types.ts";
import { Button, IconButton } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Field } from "../../components/field.tsx";

/** Tags that clients write for themselves; each of them is shown where it belongs. */
export const isOwnTag = ({ key }: KeyValue): boolean => !/^(mlflow|tradewind)\./.test(key);

export function TagChips({ tags }: { tags: readonly KeyValue[] }) {
  return (
    <span className="flex flex-wrap gap-1">
      {tags.filter(isOwnTag).map(({ key, value }) => (
        <span
          key={key}
          title={`${key}: ${value}`}
          className="max-w-56 truncate rounded bg-sunken px-1.5 text-2xs text-soft"
        >
          {value === "" ? key : `${key}: ${value}`}
        </span>
      ))}
    </span>
  );
}

type Save = (key: string, value: string | null) => Promise<unknown>;

/** `save` with null takes the tag away; without it nothing can be changed. */
export function TagsEditor({ tags, save }: { tags: readonly KeyValue[]; save: Save | null }) {
  const { t } = useTranslation();
  const [edited, setEdited] = useState<KeyValue | "new" | null>(null);
  const remove = useAct((key: string) => (save as Save)(key, null), t("The tag was removed"));
  const shown = tags.filter(isOwnTag);
  return (
    <>
      <ul className="flex flex-wrap items-center gap-1.5">
        {shown.length === 0 && save === null ? <li className="text-faint">–</li> : null}
        {shown.map((tag) => (
          <li
            key={tag.key}
            className="inline-flex max-w-full items-center rounded-md border border-line-strong bg-surface text-xs"
          >
            <button
              type="button"
              disabled={save === null}
              title={save === null ? undefined : t("Change {{name}}", { name: tag.key })}
              onClick={() => setEdited(tag)}
              className="min-w-0 truncate py-0.5 pl-2 pr-2 enabled:hover:text-accent-text"
            >
              <span className="text-soft">{tag.key}</span>
              {tag.value === "" ? null : <span className="ml-1.5 font-medium">{tag.value}</span>}
            </button>
            {save === null ? null : (
              <IconButton
                icon="cross"
                label={t("Remove the tag {{name}}", { name: tag.key })}
                className="!size-6"
                onClick={() => remove.mutate(tag.key)}
              />
            )}
          </li>
        ))}
        {save === null ? null : (
          <li>
            <Button small icon="plus" kind="ghost" onClick={() => setEdited("new")}>
              {t("Add a tag")}
            </Button>
          </li>
        )}
      </ul>
      {edited === null || save === null ? null : (
        <TagDialog tag={edited === "new" ? null : edited} save={save} onClose={() => setEdited(null)} />
      )}
    </>
  );
}

function TagDialog({ tag, save, onClose }: { tag: KeyValue | null; save: Save; onClose: () => void }) {
  const { t } = useTranslation();
  const act = useAct(({ key, value }: KeyValue) => save(key, value).then(onClose), t("The tag was saved"));
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    act.mutate({ key: tag?.key ?? String(form.get("key")).trim(), value: String(form.get("value")) });
  };
  return (
    <Dialog open title={tag === null ? t("Add a tag") : tag.key} onClose={onClose}>
      <form onSubmit={submit} className="flex flex-col gap-3">
        {tag === null ? (
          <Field label={t("Key")}>
            {(id) => <input id={id} name="key" required maxLength={250} className="field" />}
          </Field>
        ) : null}
        <Field label={t("Value")}>
          {(id) => <textarea id={id} name="value" rows={2} defaultValue={tag?.value} className="field" />}
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

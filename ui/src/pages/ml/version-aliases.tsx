/** Aliases of a version: set, moved from another version, taken away; what others load changes with them. */
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useAct } from "../../api/queries.ts";
import { useMay } from "../../api/session.ts";
import { removeAlias, setAlias, useModel } from "../../api/tracking.ts";
import type { ModelVersionPage } from "../../api/tracking-types.ts";
import { Button, IconButton } from "../../components/button.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Field } from "../../components/field.tsx";
import { AliasChip } from "./stages.tsx";

export function VersionAliases({ page }: { page: ModelVersionPage }) {
  const { t } = useTranslation();
  const may = useMay();
  const [adding, setAdding] = useState(false);
  const [removed, setRemoved] = useState<string | null>(null);
  const { name, version, aliases } = page;
  const remove = useAct(
    (alias: string) => removeAlias(name, alias),
    (alias) => t("@{{alias}} is nowhere now", { alias }),
  );
  const mayEdit = may("edit", "Registered Models");
  return (
    <>
      <ul className="flex flex-wrap items-center gap-2">
        {aliases.length === 0 && !mayEdit ? <li className="text-faint">–</li> : null}
        {aliases.map((alias) => (
          <li key={alias} className="inline-flex items-center">
            <AliasChip alias={alias} />
            {mayEdit ? (
              <IconButton
                icon="cross"
                label={t("Take @{{alias}} away", { alias })}
                className="!size-6"
                onClick={() => setRemoved(alias)}
              />
            ) : null}
          </li>
        ))}
        {mayEdit ? (
          <li>
            <Button small kind="ghost" icon="plus" onClick={() => setAdding(true)}>
              {t("Set an alias")}
            </Button>
          </li>
        ) : null}
      </ul>
      {adding ? <AliasDialog name={name} version={version} onClose={() => setAdding(false)} /> : null}
      {removed === null ? null : (
        <Confirm
          title={t("Take @{{alias}} away?", { alias: removed })}
          act={t("Take away")}
          onClose={() => setRemoved(null)}
          onConfirm={() => remove.mutate(removed)}
        >
          {t("Whoever loads {{uri}} fails from then on.", { uri: `models:/${name}@${removed}` })}
        </Confirm>
      )}
    </>
  );
}

/** An alias that stands elsewhere is moved only after it was said what that means. */
function AliasDialog({ name, version, onClose }: { name: string; version: number; onClose: () => void }) {
  const { t } = useTranslation();
  const known = useModel(name).data?.model.aliases ?? [];
  const [alias, setAliasText] = useState("");
  const [moving, setMoving] = useState<number | null>(null);
  const put = useAct(
    () => setAlias(name, alias, version).then(onClose),
    t("@{{alias}} is version {{version}} now", { alias, version }),
  );
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const other = known.find((one) => one.alias === alias)?.version;
    if (moving === null && other !== undefined && other !== version) setMoving(other);
    else put.mutate(undefined);
  };
  return (
    <Dialog
      open
      title={moving === null ? t("Set an alias") : t("Move @{{alias}}?", { alias })}
      onClose={onClose}
    >
      <form onSubmit={submit} className="flex flex-col gap-3">
        {moving === null ? (
          <>
            <Field
              label={t("Alias")}
              hint={t("Letters, digits, - and _. Code loads it as models:/{{name}}@alias.", { name })}
            >
              {(id) => (
                <input
                  id={id}
                  required
                  autoFocus
                  maxLength={255}
                  pattern="[\w\-]+"
                  value={alias}
                  onChange={(event) => setAliasText(event.target.value)}
                  className="field"
                />
              )}
            </Field>
            {known.length === 0 ? null : (
              <div className="flex flex-wrap gap-1.5">
                {known.map((one) => (
                  <button
                    key={one.alias}
                    type="button"
                    onClick={() => setAliasText(one.alias)}
                    className="inline-flex items-center gap-1 text-xs hover:underline"
                  >
                    <AliasChip alias={one.alias} /> v{one.version}
                  </button>
                ))}
              </div>
            )}
          </>
        ) : (
          <p className="text-soft">
            {t(
              "It stands at version {{from}}. From now on {{uri}} is version {{to}}, for everybody who loads it.",
              {
                from: moving,
                to: version,
                uri: `models:/${name}@${alias}`,
              },
            )}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("Cancel")}</Button>
          <Button kind="primary" type="submit" disabled={put.isPending}>
            {moving === null ? t("Set") : t("Move")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

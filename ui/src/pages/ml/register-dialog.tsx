/** Makes a version of a registered model out of what a run logged. */
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { get } from "../../api/client.ts";
import { createModel, registerVersion, useModels } from "../../api/tracking.ts";
import type { RunPage } from "../../api/tracking-types.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Field, Select } from "../../components/field.tsx";
import { paths, useGo } from "../../components/link.tsx";
import { say } from "../../components/toast.tsx";
import type { ArtifactFile } from "./artifact-files.ts";

interface Source {
  id: string;
  label: string;
  source: string;
  modelId: string | null;
}

/** Logged models, and folders of the run, where clients of 2.x put models. */
function useSources(run: RunPage): Source[] {
  const { data } = useQuery({
    queryKey: ["ml", [`run:${run.runId}`], "top folder"],
    queryFn: () =>
      get<{ files?: ArtifactFile[] }>("/ajax-api/2.0/mlflow/artifacts/list", { run_id: run.runId }),
    retry: false,
  });
  return [
    ...run.models.map(({ modelId, name }) => ({
      id: modelId,
      label: name,
      source: `models:/${modelId}`,
      modelId,
    })),
    ...(data?.files ?? [])
      .filter(({ is_dir }) => is_dir)
      .map(({ path }) => ({
        id: path,
        label: `${path}/`,
        source: `runs:/${run.runId}/${path}`,
        modelId: null,
      })),
  ];
}

export function RegisterDialog({ run, onClose }: { run: RunPage; onClose: () => void }) {
  const { t } = useTranslation();
  const go = useGo();
  const listId = useId();
  const sources = useSources(run);
  const models = useModels({ limit: 1000 }).data?.models ?? [];
  const [chosen, setChosen] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);
  const source = sources.find(({ id }) => id === chosen) ?? sources[0];
  const register = async (name: string): Promise<void> => {
    if (source === undefined) return;
    if (!models.some((model) => model.name === name)) await createModel(name, "");
    const { model_version } = await registerVersion({
      name,
      source: source.source,
      run_id: run.runId,
      ...(source.modelId === null ? {} : { model_id: source.modelId }),
    });
    say("done", t("Registered as version {{version}} of {{name}}", { name, version: model_version.version }));
    go(paths.modelVersion(name, Number(model_version.version)));
  };
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name")).trim();
    register(name).catch((failure: unknown) =>
      setError(failure instanceof Error ? failure.message : String(failure)),
    );
  };
  return (
    <Dialog open title={t("Register a model")} onClose={onClose}>
      {source === undefined ? (
        <p className="text-soft">{t("This run has logged no model and no folder of files.")}</p>
      ) : (
        <form onSubmit={submit} className="flex flex-col gap-3">
          <Field label={t("What")}>
            {(id) => (
              <Select
                id={id}
                value={source.id}
                options={sources.map((one) => ({ value: one.id, label: one.label }))}
                onChange={setChosen}
              />
            )}
          </Field>
          <Field label={t("As a version of")} hint={t("One that does not exist yet is made.")} error={error}>
            {(id) => (
              <>
                <input id={id} name="name" list={listId} required maxLength={250} className="field" />
                <datalist id={listId}>
                  {models.map(({ name }) => (
                    <option key={name} value={name} />
                  ))}
                </datalist>
              </>
            )}
          </Field>
          <div className="flex justify-end gap-2">
            <Button onClick={onClose}>{t("Cancel")}</Button>
            <Button kind="primary" type="submit">
              {t("Register")}
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

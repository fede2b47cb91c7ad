/** What a task instance returned, and changing it where that is allowed. */
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { addressOf, change, seg } from "../api/client.ts";
import { useAct, useXComs } from "../api/queries.ts";
import { useMay } from "../api/session.ts";
import type { InstanceDetail, Json, XComItem } from "../api/types.ts";
import { Button, IconButton } from "../components/button.tsx";
import { Confirm } from "../components/confirm.tsx";
import { Field } from "../components/field.tsx";
import { Icon } from "../components/icons.tsx";
import { JsonView } from "../components/json-view.tsx";
import { bytesText } from "../components/numbers.ts";
import { Empty, Loaded, Loading } from "../components/page.tsx";
import { Time } from "../components/time.tsx";
import { CollectionForm } from "./admin-collection.tsx";

const ParquetView = lazy(() =>
  import("./ml/parquet-view.tsx").then(({ ParquetView }) => ({ default: ParquetView })),
);

const entriesOf = ({ dagId, runId, taskId }: InstanceDetail): string =>
  `/api/v2/dags/${seg(dagId)}/dagRuns/${seg(runId)}/taskInstances/${seg(taskId)}/xcomEntries`;

export function InstanceXComs({ instance }: { instance: InstanceDetail }) {
  const { t } = useTranslation();
  const may = useMay();
  const { dagId, runId, taskId, mapIndex } = instance;
  const [edited, setEdited] = useState<XComItem | "new" | null>(null);
  const [removed, setRemoved] = useState<string | null>(null);
  const remove = useAct(
    (key: string) =>
      change("DELETE", `${entriesOf(instance)}/${seg(key)}`, undefined, { map_index: mapIndex }),
    t("The XCom was deleted"),
  );
  return (
    <>
      {may("create", "XComs") ? (
        <Button className="mb-3" icon="plus" onClick={() => setEdited("new")}>
          {t("New XCom")}
        </Button>
      ) : null}
      <Loaded query={useXComs(dagId, runId, taskId, mapIndex)}>
        {(items) =>
          items.length === 0 ? (
            <Empty icon="assets" title={t("It has returned nothing")} />
          ) : (
            <ul className="flex flex-col gap-3">
              {items.map((item) => (
                <Item
                  key={item.key}
                  instance={instance}
                  item={item}
                  onEdit={setEdited}
                  onRemove={setRemoved}
                />
              ))}
            </ul>
          )
        }
      </Loaded>
      {edited === null ? null : (
        <XComForm
          instance={instance}
          item={edited === "new" ? null : edited}
          onClose={() => setEdited(null)}
        />
      )}
      {removed === null ? null : (
        <Confirm
          title={t("Delete {{name}}?", { name: removed })}
          act={t("Delete")}
          onClose={() => setRemoved(null)}
          onConfirm={() => remove.mutate(removed)}
        >
          {t("Tasks that read it later find nothing.")}
        </Confirm>
      )}
    </>
  );
}

function Item({
  instance,
  item,
  onEdit,
  onRemove,
}: {
  instance: InstanceDetail;
  item: XComItem;
  onEdit: (item: XComItem) => void;
  onRemove: (key: string) => void;
}) {
  const { t } = useTranslation();
  const may = useMay();
  return (
    <li className="card overflow-hidden">
      <div className="flex items-center gap-3 border-b px-4 py-1">
        <h2 className="font-mono text-sm font-semibold break-all">{item.key}</h2>
        <span className="ml-auto text-xs text-faint">
          <Time at={item.createdAt} style="full" />
        </span>
        <span className="inline-flex min-h-8">
          {may("edit", "XComs") && item.ref === null ? (
            <IconButton icon="edit" label={`${t("Change")} ${item.key}`} onClick={() => onEdit(item)} />
          ) : null}
          {may("delete", "XComs") ? (
            <IconButton
              icon="trash"
              label={`${t("Delete")} ${item.key}`}
              onClick={() => onRemove(item.key)}
            />
          ) : null}
        </span>
      </div>
      <div className="p-4">
        {item.ref === null ? (
          <JsonView value={item.value} />
        ) : (
          <InFile instance={instance} item={item} file={item.ref} />
        )}
      </div>
    </li>
  );
}

const parquet = "application/vnd.apache.parquet";

/** A value that is a file: a frame as its first rows, anything else to be had. */
function InFile({
  instance: { dagId, runId, taskId, mapIndex },
  item,
  file,
}: {
  instance: InstanceDetail;
  item: XComItem;
  file: NonNullable<XComItem["ref"]>;
}) {
  const { t } = useTranslation();
  const address = addressOf(`/ui/dags/${seg(dagId)}/runs/${seg(runId)}/tasks/${seg(taskId)}/xcom-file`, {
    key: item.key,
    map_index: mapIndex,
  });
  return (
    <div className="flex flex-col gap-3">
      <p className="flex flex-wrap items-center gap-3 font-mono text-xs break-all text-soft">
        <span>
          {file.uri} · {file.mediaType} · {bytesText(file.bytes)}
        </span>
        {file.uri.startsWith("file:") ? (
          <a href={address} download className="link inline-flex items-center gap-1 font-sans">
            <Icon name="download" size={13} />
            {t("Download")}
          </a>
        ) : null}
      </p>
      {file.mediaType.startsWith(parquet) && file.uri.startsWith("file:") ? (
        <div className="flex max-h-96 flex-col overflow-hidden rounded-md border">
          <Suspense fallback={<Loading rows={4} />}>
            <ParquetView address={address} name={item.key} subject="" />
          </Suspense>
        </div>
      ) : null}
    </div>
  );
}

/** What is no JSON is a text. */
function valueOf(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** A text is shown without its quotes, unless it would be read as something else. */
function textOf(value: Json): string {
  if (typeof value === "string" && valueOf(value) === value) return value;
  return JSON.stringify(value, null, 2);
}

function XComForm({
  instance,
  item,
  onClose,
}: {
  instance: InstanceDetail;
  item: XComItem | null;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const { mapIndex } = instance;
  const save = useAct((form: FormData) => {
    const value = valueOf(String(form.get("value") ?? ""));
    const path = entriesOf(instance);
    return (
      item === null
        ? change("POST", path, { key: String(form.get("key")), value, map_index: mapIndex })
        : change("PATCH", `${path}/${seg(item.key)}`, { value, map_index: mapIndex })
    ).then(onClose);
  }, t("The XCom was saved"));
  return (
    <CollectionForm
      title={item === null ? t("New XCom") : item.key}
      isSaving={save.isPending}
      onSave={(form) => save.mutate(form)}
      onClose={onClose}
    >
      {item === null ? (
        <Field label={t("Key")}>
          {(id) => <input id={id} name="key" required maxLength={512} className="field" />}
        </Field>
      ) : null}
      <Field label={t("Value")} hint={t("JSON; anything else is a text")}>
        {(id) => (
          <textarea
            id={id}
            name="value"
            rows={8}
            defaultValue={item === null ? "" : textOf(item.value)}
            className="field font-mono text-xs"
          />
        )}
      </Field>
    </CollectionForm>
  );
}

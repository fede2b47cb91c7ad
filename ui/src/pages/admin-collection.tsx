/** What is kept by name: found in a table, and made, changed and deleted beside it. */
import { type FormEvent, type ReactNode, useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { change, seg } from "../api/client.ts";
import { useAct, useRest } from "../api/queries.ts";
import { useMay } from "../api/session.ts";
import { Button, IconButton } from "../components/button.tsx";
import { Confirm } from "../components/confirm.tsx";
import { Dialog } from "../components/dialog.tsx";
import { SearchField } from "../components/field.tsx";
import type { IconName } from "../components/icons.tsx";
import { useAddress } from "../components/link.tsx";
import { Empty, Loaded } from "../components/page.tsx";
import { type Column, Pager, Table, useOffset } from "../components/table.tsx";

const pageSize = 50;

interface CollectionProps<One> {
  /** Its place in the API, and the field of the answer that holds the rows. */
  path: string;
  /** What permissions call it. */
  resource: string;
  nameOf: (one: One) => string;
  /** Order of the list; `search` is the parameter that looks for part of a name. */
  order: string;
  search: string;
  columns: readonly Column<One>[];
  /** Cannot be taken away. */
  isFixed?: (one: One) => boolean;
  words: {
    list: string;
    search: string;
    make: string;
    none: string;
    icon: IconName;
    deleted: string;
    /** What deleting one means for those who use it. */
    warning: string;
  };
  /** Beside the button that makes one, for who may. */
  more?: ReactNode;
  /** `one` is null for a new one. */
  form: (one: One | null, onClose: () => void) => ReactNode;
}

export function Collection<One>({
  path,
  resource,
  nameOf,
  order,
  search,
  columns,
  isFixed,
  words,
  more,
  form,
}: CollectionProps<One>) {
  const { t } = useTranslation();
  const may = useMay();
  const [address, changeAddress] = useAddress();
  const [edited, setEdited] = useState<One | "new" | null>(null);
  const [removed, setRemoved] = useState<string | null>(null);
  const offset = useOffset();
  const asked = address["q"];
  const query = useRest<{ [field: string]: One[] } & { total_entries: number }>([path], `/${path}`, {
    [search]: asked === undefined ? undefined : `%${asked}%`,
    order_by: order,
    limit: pageSize,
    offset,
  });
  const look = useCallback((q: string) => changeAddress({ q, offset: undefined }), [changeAddress]);
  const remove = useAct((name: string) => change("DELETE", `/api/v2/${path}/${seg(name)}`), words.deleted);
  const close = (): void => setEdited(null);
  const actions: Column<One> = {
    id: "act",
    label: t("Actions"),
    quiet: true,
    align: "right",
    cell: (one) => (
      <span className="inline-flex">
        {may("edit", resource) ? (
          <IconButton icon="edit" label={`${t("Change")} ${nameOf(one)}`} onClick={() => setEdited(one)} />
        ) : null}
        {may("delete", resource) && isFixed?.(one) !== true ? (
          <IconButton
            icon="trash"
            label={`${t("Delete")} ${nameOf(one)}`}
            onClick={() => setRemoved(nameOf(one))}
          />
        ) : null}
      </span>
    ),
  };
  return (
    <>
      <div className="mb-3 flex flex-wrap gap-2">
        <SearchField value={asked ?? ""} onChange={look} label={words.search} className="w-full sm:w-64" />
        {may("create", resource) ? (
          <>
            <Button icon="plus" onClick={() => setEdited("new")}>
              {words.make}
            </Button>
            {more}
          </>
        ) : null}
      </div>
      <Loaded query={query}>
        {(data) => {
          const rows = data[path] ?? [];
          return rows.length === 0 ? (
            <Empty icon={words.icon} title={asked === undefined ? words.none : t("Nothing fits")} />
          ) : (
            <>
              <Table label={words.list} columns={[...columns, actions]} rows={rows} keyOf={nameOf} />
              <Pager limit={pageSize} total={data.total_entries} />
            </>
          );
        }}
      </Loaded>
      {edited === null ? null : form(edited === "new" ? null : edited, close)}
      {removed === null ? null : (
        <Confirm
          title={t("Delete {{name}}?", { name: removed })}
          act={t("Delete")}
          onClose={() => setRemoved(null)}
          onConfirm={() => remove.mutate(removed)}
        >
          {words.warning}
        </Confirm>
      )}
    </>
  );
}

/** The fields of one, with the buttons that end it. */
export function CollectionForm({
  title,
  wide = false,
  isSaving,
  onSave,
  onClose,
  more,
  children,
}: {
  title: string;
  wide?: boolean;
  isSaving: boolean;
  onSave: (form: FormData) => void;
  onClose: () => void;
  /** To the left of the buttons; is given what is typed. */
  more?: (read: () => FormData) => ReactNode;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  const [form, setForm] = useState<HTMLFormElement | null>(null);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    onSave(new FormData(event.currentTarget));
  };
  return (
    <Dialog open wide={wide} title={title} onClose={onClose}>
      <form ref={setForm} onSubmit={submit} className="flex flex-col gap-3">
        {children}
        <div className="flex justify-end gap-2">
          {more === undefined ? null : (
            <span className="mr-auto">{more(() => new FormData(form ?? undefined))}</span>
          )}
          <Button onClick={onClose}>{t("Cancel")}</Button>
          <Button kind="primary" type="submit" disabled={isSaving}>
            {t("Save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

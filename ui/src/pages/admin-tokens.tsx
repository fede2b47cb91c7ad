/** Tokens of the person who is signed in, for scripts. */
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { change, get } from "../api/client.ts";
import { useAct } from "../api/queries.ts";
import { Button, IconButton } from "../components/button.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { Empty, Loaded } from "../components/page.tsx";
import { type Column, Table } from "../components/table.tsx";
import { Time } from "../components/time.tsx";

interface Token {
  id: number;
  name: string;
  scopes: string[] | null;
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
}

const at = (text: string | null): number | null => (text === null ? null : Date.parse(text));

export function Tokens() {
  const { t } = useTranslation();
  const [making, setMaking] = useState(false);
  const tokens = useQuery({
    queryKey: ["tokens"],
    queryFn: ({ signal }) => get<{ tokens: Token[] }>("/auth/tokens", {}, signal),
  });
  const remove = useAct(
    (id: number) => change("DELETE", `/auth/tokens/${id}`),
    t("The token was taken back"),
  );
  const columns: Column<Token>[] = [
    {
      id: "name",
      label: t("Token"),
      cell: (token) => <span className="font-medium break-all">{token.name}</span>,
    },
    {
      id: "scopes",
      label: t("May"),
      cell: (token) => token.scopes?.join(", ") ?? t("everything that you may"),
    },
    { id: "made", label: t("Made"), wide: true, cell: (token) => <Time at={at(token.created_at)} /> },
    {
      id: "end",
      label: t("Ends"),
      cell: (token) => (token.expires_at === null ? t("never") : <Time at={at(token.expires_at)} />),
    },
    {
      id: "used",
      label: t("Last used"),
      wide: true,
      cell: (token) => <Time at={at(token.last_used_at)} relative />,
    },
    {
      id: "act",
      label: t("Actions"),
      quiet: true,
      align: "right",
      cell: (token) => (
        <IconButton
          icon="trash"
          label={`${t("Take back")} ${token.name}`}
          onClick={() => remove.mutate(token.id)}
        />
      ),
    },
  ];
  return (
    <>
      <Button className="mb-3" icon="plus" onClick={() => setMaking(true)}>
        {t("New token")}
      </Button>
      <Loaded query={tokens}>
        {({ tokens: rows }) =>
          rows.length === 0 ? (
            <Empty icon="key" title={t("You have no token")}>
              {t("A token lets a script act for you, as `Authorization: Bearer …`.")}
            </Empty>
          ) : (
            <Table label={t("Tokens")} columns={columns} rows={rows} keyOf={(token) => String(token.id)} />
          )
        }
      </Loaded>
      {making ? <TokenForm onClose={() => setMaking(false)} /> : null}
    </>
  );
}

function TokenForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [secret, setSecret] = useState<string | null>(null);
  const make = useAct(async (body: object) => {
    const made = await change<{ token: string }>("POST", "/auth/tokens", body);
    setSecret(made.token);
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const days = String(form.get("days") ?? "");
    make.mutate({
      name: form.get("name"),
      expires_in_days: days === "" ? null : Number(days),
      scopes: form.get("read") === "on" ? ["read"] : null,
    });
  };
  if (secret !== null)
    return (
      <Dialog open title={t("Your token")} onClose={onClose}>
        <p className="mb-2 text-soft">{t("It is shown this once.")}</p>
        <div className="flex gap-2">
          <code className="min-w-0 flex-1 rounded-md bg-sunken p-2 font-mono text-xs break-all">
            {secret}
          </code>
          <IconButton
            kind="plain"
            icon="copy"
            label={t("Copy")}
            onClick={() => void navigator.clipboard.writeText(secret)}
          />
        </div>
      </Dialog>
    );
  return (
    <Dialog open title={t("New token")} onClose={onClose}>
      <form onSubmit={submit} className="flex flex-col gap-3">
        <Field label={t("Name")}>{(id) => <input id={id} name="name" required className="field" />}</Field>
        <Field label={t("Days until it ends")} hint={t("Empty: never")}>
          {(id) => (
            <input id={id} name="days" type="number" min={1} max={3650} defaultValue={90} className="field" />
          )}
        </Field>
        <label className="flex items-center gap-2">
          <input type="checkbox" name="read" /> {t("May only read")}
        </label>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("Cancel")}</Button>
          <Button kind="primary" type="submit" disabled={make.isPending}>
            {t("Make it")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

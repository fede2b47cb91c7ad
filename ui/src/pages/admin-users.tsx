import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { change, get, seg } from "../api/client.ts";
import { useAct } from "../api/queries.ts";
import { useMay } from "../api/session.ts";
import { Button, IconButton } from "../components/button.tsx";
import { Confirm } from "../components/confirm.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { Loaded } from "../components/page.tsx";
import { type Column, Table } from "../components/table.tsx";
import { Time } from "../components/time.tsx";

interface User {
  username: string;
  email: string | null;
  first_name: string;
  last_name: string;
  active: boolean;
  roles: { name: string }[];
  last_login: string | null;
}

const base = "/auth/fab/v1";

export function Users() {
  const { t } = useTranslation();
  const may = useMay();
  const [edited, setEdited] = useState<User | "new" | null>(null);
  const [removed, setRemoved] = useState<string | null>(null);
  const users = useQuery({
    queryKey: ["users"],
    queryFn: ({ signal }) => get<{ users: User[] }>(`${base}/users`, { limit: 500 }, signal),
  });
  const remove = useAct(
    (name: string) => change("DELETE", `${base}/users/${seg(name)}`),
    t("The user was deleted"),
  );
  const columns: Column<User>[] = [
    {
      id: "name",
      label: t("User"),
      cell: (user) => <span className="font-medium break-all">{user.username}</span>,
    },
    { id: "full", label: t("Name"), cell: (user) => `${user.first_name} ${user.last_name}`.trim() || "–" },
    { id: "mail", label: t("Mail"), wide: true, cell: (user) => user.email ?? "–" },
    { id: "roles", label: t("Roles"), cell: (user) => user.roles.map(({ name }) => name).join(", ") },
    { id: "active", label: t("Active"), cell: (user) => (user.active ? t("yes") : t("no")) },
    {
      id: "seen",
      label: t("Last sign-in"),
      wide: true,
      cell: (user) => <Time at={user.last_login === null ? null : Date.parse(user.last_login)} relative />,
    },
    {
      id: "act",
      label: t("Actions"),
      quiet: true,
      align: "right",
      cell: (user) => (
        <span className="inline-flex">
          {may("edit", "Users") ? (
            <IconButton
              icon="edit"
              label={`${t("Change")} ${user.username}`}
              onClick={() => setEdited(user)}
            />
          ) : null}
          {may("delete", "Users") ? (
            <IconButton
              icon="trash"
              label={`${t("Delete")} ${user.username}`}
              onClick={() => setRemoved(user.username)}
            />
          ) : null}
        </span>
      ),
    },
  ];
  return (
    <>
      {may("create", "Users") ? (
        <Button className="mb-3" icon="plus" onClick={() => setEdited("new")}>
          {t("New user")}
        </Button>
      ) : null}
      <Loaded query={users}>
        {({ users: rows }) => (
          <Table label={t("Users")} columns={columns} rows={rows} keyOf={(user) => user.username} />
        )}
      </Loaded>
      {edited === null ? null : (
        <UserForm user={edited === "new" ? null : edited} onClose={() => setEdited(null)} />
      )}
      {removed === null ? null : (
        <Confirm
          title={t("Delete {{name}}?", { name: removed })}
          act={t("Delete")}
          onClose={() => setRemoved(null)}
          onConfirm={() => remove.mutate(removed)}
        >
          {t("Their sessions and tokens end at once.")}
        </Confirm>
      )}
    </>
  );
}

function UserForm({ user, onClose }: { user: User | null; onClose: () => void }) {
  const { t } = useTranslation();
  const roles = useQuery({
    queryKey: ["roles"],
    queryFn: ({ signal }) => get<{ roles: { name: string }[] }>(`${base}/roles`, { limit: 500 }, signal),
  });
  const save = useAct(
    (body: object) =>
      (user === null
        ? change("POST", `${base}/users`, body)
        : change("PATCH", `${base}/users/${seg(user.username)}`, body)
      ).then(onClose),
    t("The user was saved"),
  );
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string): string => String(form.get(name) ?? "").trim();
    save.mutate({
      ...(user === null ? { username: text("username") } : { active: form.get("active") === "on" }),
      email: text("email") === "" ? null : text("email"),
      first_name: text("first_name"),
      last_name: text("last_name"),
      roles: form.getAll("roles").map((name) => ({ name })),
      ...(text("password") === "" ? {} : { password: text("password") }),
    });
  };
  const field = (name: "email" | "first_name" | "last_name", label: string) => (
    <Field label={label}>
      {(id) => <input id={id} name={name} defaultValue={user?.[name] ?? ""} className="field" />}
    </Field>
  );
  return (
    <Dialog open title={user === null ? t("New user") : user.username} onClose={onClose}>
      <form onSubmit={submit} className="flex flex-col gap-3">
        <div className="grid gap-3 sm:grid-cols-2">
          {user === null ? (
            <Field label={t("User name")}>
              {(id) => <input id={id} name="username" required className="field" />}
            </Field>
          ) : null}
          <Field
            label={t("Password")}
            {...(user === null ? {} : { hint: t("Empty leaves the one that is kept") })}
          >
            {(id) => (
              <input
                id={id}
                name="password"
                type="password"
                autoComplete="new-password"
                required={user === null}
                className="field"
              />
            )}
          </Field>
          {field("first_name", t("First name"))}
          {field("last_name", t("Last name"))}
          {field("email", t("Mail"))}
        </div>
        <fieldset>
          <legend className="mb-1 text-xs font-medium text-soft">{t("Roles")}</legend>
          <div className="flex flex-wrap gap-3">
            {(roles.data?.roles ?? []).map(({ name }) => (
              <label key={name} className="inline-flex items-center gap-1.5">
                <input
                  type="checkbox"
                  name="roles"
                  value={name}
                  defaultChecked={user?.roles.some((role) => role.name === name) ?? false}
                />
                {name}
              </label>
            ))}
          </div>
        </fieldset>
        {user === null ? null : (
          <label className="inline-flex items-center gap-2">
            <input type="checkbox" name="active" defaultChecked={user.active} />
            {t("May sign in")}
          </label>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("Cancel")}</Button>
          <Button kind="primary" type="submit" disabled={save.isPending}>
            {t("Save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

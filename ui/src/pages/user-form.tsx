/** Who somebody is, how they sign in, and what they may do. */
import { useQuery } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { change, get, seg } from "../api/client.ts";
import { useAct } from "../api/queries.ts";
import { Button } from "../components/button.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";

export interface User {
  username: string;
  email: string | null;
  first_name: string;
  last_name: string;
  active: boolean;
  roles: { name: string }[];
  last_login: string | null;
}

export const peopleApi = "/auth/fab/v1";

function bodyOf(form: FormData, isNew: boolean): object {
  const text = (name: string): string => String(form.get(name) ?? "").trim();
  return {
    ...(isNew ? { username: text("username") } : { active: form.get("active") === "on" }),
    email: text("email") === "" ? null : text("email"),
    first_name: text("first_name"),
    last_name: text("last_name"),
    roles: form.getAll("roles").map((name) => ({ name })),
    ...(text("password") === "" ? {} : { password: text("password") }),
  };
}

/** `user` is null for a new one. */
export function UserForm({ user, onClose }: { user: User | null; onClose: () => void }) {
  const { t } = useTranslation();
  const save = useAct(
    (body: object) =>
      (user === null
        ? change("POST", `${peopleApi}/users`, body)
        : change("PATCH", `${peopleApi}/users/${seg(user.username)}`, body)
      ).then(onClose),
    t("The user was saved"),
  );
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    save.mutate(bodyOf(new FormData(event.currentTarget), user === null));
  };
  return (
    <Dialog open title={user === null ? t("New user") : user.username} onClose={onClose}>
      <form onSubmit={submit} className="flex flex-col gap-3">
        <Names user={user} />
        <RoleChoice user={user} />
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

function Names({ user }: { user: User | null }) {
  const { t } = useTranslation();
  const field = (name: "email" | "first_name" | "last_name", label: string) => (
    <Field label={label}>
      {(id) => <input id={id} name={name} defaultValue={user?.[name] ?? ""} className="field" />}
    </Field>
  );
  return (
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
  );
}

function RoleChoice({ user }: { user: User | null }) {
  const { t } = useTranslation();
  const roles = useQuery({
    queryKey: ["roles"],
    queryFn: ({ signal }) => get<{ roles: { name: string }[] }>(`${peopleApi}/roles`, { limit: 500 }, signal),
  });
  return (
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
  );
}

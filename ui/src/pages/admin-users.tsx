import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { change, get, seg } from "../api/client.ts";
import { useAct } from "../api/queries.ts";
import { useMay } from "../api/session.ts";
import { Button, IconButton } from "../components/button.tsx";
import { Confirm } from "../components/confirm.tsx";
import { Loaded } from "../components/page.tsx";
import { type Column, Table } from "../components/table.tsx";
import { Time } from "../components/time.tsx";
import { peopleApi, type User, UserForm } from "./user-form.tsx";

export function Users() {
  const { t } = useTranslation();
  const may = useMay();
  const [edited, setEdited] = useState<User | "new" | null>(null);
  const [removed, setRemoved] = useState<string | null>(null);
  const users = useQuery({
    queryKey: ["users"],
    queryFn: ({ signal }) => get<{ users: User[] }>(`${peopleApi}/users`, { limit: 500 }, signal),
  });
  const remove = useAct(
    (name: string) => change("DELETE", `${peopleApi}/users/${seg(name)}`),
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

import { useTranslation } from "react-i18next";
import type { Column } from "../components/table.tsx";
import { Collection } from "./admin-collection.tsx";
import { ConnectionForm } from "./connection-form.tsx";
import type { Connection } from "./connection-kinds.ts";

export function Connections() {
  const { t } = useTranslation();
  const columns: Column<Connection>[] = [
    {
      id: "id",
      label: t("Connection"),
      cell: (one) => <span className="font-medium break-all">{one.connection_id}</span>,
    },
    { id: "type", label: t("Type"), cell: (one) => one.conn_type },
    {
      id: "host",
      label: t("Host"),
      wide: true,
      cell: (one) => (
        <span className="font-mono text-xs break-all text-soft">
          {one.host}
          {one.port === null ? "" : `:${one.port}`}
          {one.schema ? `/${one.schema}` : ""}
        </span>
      ),
    },
    { id: "login", label: t("Login"), wide: true, cell: (one) => one.login ?? "–" },
    {
      id: "words",
      label: t("Description"),
      wide: true,
      cell: (one) => <span className="text-soft">{one.description}</span>,
    },
  ];
  return (
    <Collection<Connection>
      path="connections"
      resource="Connections"
      nameOf={(one) => one.connection_id}
      order="connection_id"
      search="connection_id_pattern"
      columns={columns}
      words={{
        list: t("Connections"),
        search: t("Search ids"),
        make: t("New connection"),
        none: t("There is no connection"),
        icon: "key",
        deleted: t("The connection was deleted"),
        warning: t("Dags that use it fail from now on."),
      }}
      form={(connection, onClose) => <ConnectionForm connection={connection} onClose={onClose} />}
    />
  );
}

/** All endpoints: who shares their traffic, how much there is, and what changed last. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAct } from "../../api/queries.ts";
import { createEndpoint, useDeployments } from "../../api/serving.ts";
import { useMay } from "../../api/session.ts";
import type { DeploymentItem } from "../../api/types.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Field, SearchField } from "../../components/field.tsx";
import { latencyText, percentText, rateText } from "../../components/figures.ts";
import { Link, paths, useAddress } from "../../components/link.tsx";
import { Empty, Loaded, Page } from "../../components/page.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { Time } from "../../components/time.tsx";
import { TrafficBar, useChangeName } from "./deployment-parts.tsx";

export function View() {
  const { t } = useTranslation();
  const may = useMay();
  const [making, setMaking] = useState(false);
  const [address, change] = useAddress();
  const words = (address["q"] ?? "").toLowerCase();
  const query = useDeployments();
  return (
    <Page
      title={t("Deployments")}
      actions={
        may("edit", "Registered Models") ? (
          <Button kind="primary" icon="plus" onClick={() => setMaking(true)}>
            {t("New endpoint")}
          </Button>
        ) : null
      }
    >
      <SearchField
        value={address["q"] ?? ""}
        onChange={(q) => change({ q })}
        label={t("Search endpoints")}
        className="mb-3 w-full sm:w-64"
      />
      <Loaded query={query}>
        {(all) => {
          const rows = all.filter(({ name }) => name.toLowerCase().includes(words));
          if (rows.length > 0) return <Endpoints rows={rows} />;
          return (
            <Empty icon="rocket" title={words === "" ? t("There is no endpoint yet") : t("No endpoint fits")}>
              {words === ""
                ? t("An endpoint is a name under which versions of models share requests.")
                : null}
            </Empty>
          );
        }}
      </Loaded>
      {making ? <NewEndpoint onClose={() => setMaking(false)} /> : null}
    </Page>
  );
}

function Endpoints({ rows }: { rows: readonly DeploymentItem[] }) {
  const { t } = useTranslation();
  const changeName = useChangeName();
  const columns: Column<DeploymentItem>[] = [
    {
      id: "name",
      label: t("Endpoint"),
      cell: (one) => (
        <div className="min-w-0">
          <Link to={paths.deployment(one.name)} className="font-medium break-words hover:underline">
            {one.name}
          </Link>
          {one.description === "" ? null : (
            <p className="line-clamp-1 text-2xs text-faint">{one.description}</p>
          )}
        </div>
      ),
    },
    {
      id: "variants",
      label: t("Traffic"),
      className: "min-w-36 sm:w-80",
      cell: (one) => <TrafficBar variants={one.variants} />,
    },
    { id: "rate", label: t("Requests"), align: "right", cell: (one) => rateText(one.requestsPerSecond) },
    {
      id: "errors",
      label: t("Errors"),
      align: "right",
      wide: true,
      cell: (one) => (
        <span className={one.errorRate !== null && one.errorRate > 0 ? "text-danger-text" : ""}>
          {percentText(one.errorRate)}
        </span>
      ),
    },
    { id: "p95", label: "p95", align: "right", wide: true, cell: (one) => latencyText(one.p95) },
    {
      id: "change",
      label: t("Last change"),
      wide: true,
      cell: ({ lastChange }) =>
        lastChange === null ? (
          "–"
        ) : (
          <span className="text-soft">
            {changeName(lastChange.kind)} · <Time at={lastChange.changedAt} relative />
          </span>
        ),
    },
  ];
  return <Table label={t("Endpoints")} columns={columns} rows={rows} keyOf={({ name }) => name} />;
}

function NewEndpoint({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState("");
  const [model, setModel] = useState("");
  const [description, setDescription] = useState("");
  const make = useAct(createEndpoint, t("The endpoint was made"));
  const save = (): void => {
    const variants = [{ name: "champion", model, weight: 100, shadow: false }];
    make.mutate({ name, description, variants }, { onSuccess: onClose });
  };
  return (
    <Dialog
      open
      title={t("New endpoint")}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("Cancel")}</Button>
          <Button kind="primary" disabled={name === "" || model === "" || make.isPending} onClick={save}>
            {t("Save")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <Field label={t("Name")}>
          {(id) => (
            <input id={id} className="field" value={name} onChange={(event) => setName(event.target.value)} />
          )}
        </Field>
        <Field label={t("Model")} hint="models:/churn@champion, models:/churn/3">
          {(id) => (
            <input
              id={id}
              className="field font-mono"
              value={model}
              placeholder="models:/churn@champion"
              onChange={(event) => setModel(event.target.value)}
            />
          )}
        </Field>
        <Field label={t("Description")}>
          {(id) => (
            <textarea
              id={id}
              rows={2}
              className="field"
              value={description}
              onChange={(event) => setDescription(event.target.value)}
            />
          )}
        </Field>
      </div>
    </Dialog>
  );
}

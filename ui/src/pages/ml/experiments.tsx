/** Experiments: what is tried, how many runs there are, and which of them still run. */
import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { useAct } from "../../api/queries.ts";
import { useMay } from "../../api/session.ts";
import { createExperiment, experimentAction, renameExperiment, useExperiments } from "../../api/tracking.ts";
import type { ExperimentItem } from "../../api/tracking-types.ts";
import { Button, IconButton } from "../../components/button.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { SearchField, Segments } from "../../components/field.tsx";
import { Link, paths, useAddress, useGo } from "../../components/link.tsx";
import { Menu, MenuItem } from "../../components/menu.tsx";
import { Empty, Loaded, Page } from "../../components/page.tsx";
import { StateIcon } from "../../components/state.tsx";
import { type Column, Pager, Table, useOffset } from "../../components/table.tsx";
import { Time } from "../../components/time.tsx";
import { NameDialog } from "./name-dialog.tsx";
import { TagChips } from "./tags.tsx";

const pageSize = 100;

export function View() {
  const { t } = useTranslation();
  const may = useMay();
  const go = useGo();
  const [address, change] = useAddress();
  const [making, setMaking] = useState(false);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const stage = address["show"] === "deleted" ? "deleted" : "active";
  const offset = useOffset();
  const sort = address["sort"] ?? "-last";
  const query = useExperiments({ search: address["q"], stage, sort, limit: pageSize, offset });
  const search = useCallback((q: string) => change({ q, offset: undefined }), [change]);
  return (
    <Page
      title={t("Experiments")}
      lead={<span className="text-faint tabular-nums">{query.data?.total}</span>}
      actions={
        may("create", "Experiments") ? (
          <Button kind="primary" icon="plus" onClick={() => setMaking(true)}>
            {t("New experiment")}
          </Button>
        ) : null
      }
    >
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <SearchField
          value={address["q"] ?? ""}
          onChange={search}
          label={t("Search experiments and tags")}
          className="w-full sm:w-72"
        />
        <Segments
          label={t("Which experiments")}
          value={stage}
          onChange={(value) => change({ show: value === "active" ? undefined : value, offset: undefined })}
          options={[
            { value: "active", label: t("Active") },
            { value: "deleted", label: t("Deleted") },
          ]}
        />
        {selected.size < 2 ? null : (
          <Button icon="diff" onClick={() => go(`${paths.experiment([...selected].join(","))}`)}>
            {t("Open {{count}} together", { count: selected.size })}
          </Button>
        )}
      </div>
      <Loaded query={query} rows={10}>
        {({ experiments, total }) =>
          experiments.length === 0 ? (
            <NoExperiments filtered={address["q"] !== undefined || stage === "deleted"} />
          ) : (
            <>
              <ExperimentTable
                rows={experiments}
                sort={sort}
                onSort={(next) => change({ sort: next })}
                selected={selected}
                onSelect={setSelected}
              />
              <Pager limit={pageSize} total={total} />
            </>
          )
        }
      </Loaded>
      {making ? (
        <NameDialog
          title={t("New experiment")}
          act={t("Create")}
          more={{
            label: t("Artifact location"),
            hint: t("Empty: the store of this server."),
          }}
          onClose={() => setMaking(false)}
          onSave={(name, location) =>
            createExperiment(name, location).then(({ experiment_id }) => go(paths.experiment(experiment_id)))
          }
        />
      ) : null}
    </Page>
  );
}

function NoExperiments({ filtered }: { filtered: boolean }) {
  const { t } = useTranslation();
  if (filtered) return <Empty icon="filter" title={t("No experiment fits")} />;
  return (
    <Empty icon="flask" title={t("There is no experiment yet")}>
      <p>
        {t("A task that logs with MLflow makes one; from elsewhere set MLFLOW_TRACKING_URI to this server.")}
      </p>
    </Empty>
  );
}

function ExperimentTable({
  rows,
  sort,
  onSort,
  selected,
  onSelect,
}: {
  rows: readonly ExperimentItem[];
  sort: string;
  onSort: (sort: string) => void;
  selected: ReadonlySet<string>;
  onSelect: (selected: Set<string>) => void;
}) {
  const { t } = useTranslation();
  const columns: Column<ExperimentItem>[] = [
    {
      id: "name",
      label: t("Name"),
      sort: ["name", "-name"],
      cell: (one) => (
        <div className="min-w-0">
          <Link to={paths.experiment(one.experimentId)} className="font-medium break-all hover:underline">
            {one.name}
          </Link>
          <TagChips tags={one.tags} />
        </div>
      ),
    },
    {
      id: "runs",
      label: t("Runs"),
      sort: ["-runs", "runs"],
      align: "right",
      cell: (one) => (
        <span className="inline-flex items-center gap-2">
          {one.running === 0 ? null : (
            <span className="inline-flex items-center gap-1 text-xs text-soft">
              <StateIcon state="running" size={13} />
              {t("{{count}} running", { count: one.running })}
            </span>
          )}
          {one.runs}
        </span>
      ),
    },
    {
      id: "last",
      label: t("Last run"),
      sort: ["-last", "last"],
      cell: (one) => <Time at={one.lastRun} relative />,
    },
    {
      id: "created",
      label: t("Created"),
      sort: ["-created", "created"],
      wide: true,
      cell: (one) => <Time at={one.creationTime} style="day" />,
    },
    {
      id: "act",
      label: t("Actions"),
      quiet: true,
      align: "right",
      className: "w-12",
      cell: (one) => <ExperimentMenu experiment={one} />,
    },
  ];
  return (
    <Table
      label={t("Experiments")}
      columns={columns}
      rows={rows}
      keyOf={(one) => one.experimentId}
      sort={sort}
      onSort={onSort}
      selected={selected}
      onSelect={onSelect}
    />
  );
}

/** What can be done with an experiment; nothing for who may only read. */
export function ExperimentMenu({ experiment }: { experiment: ExperimentItem }) {
  const { t } = useTranslation();
  const may = useMay();
  const [asking, setAsking] = useState<"rename" | "delete" | "delete-permanently" | null>(null);
  const { experimentId: id, name } = experiment;
  const act = useAct(
    (what: "delete" | "restore" | "delete-permanently") => experimentAction(id, what),
    (what) => (what === "restore" ? t("{{name}} is back", { name }) : t("{{name}} was deleted", { name })),
  );
  const rename = useAct((next: string) => renameExperiment(id, next), t("The experiment was renamed"));
  const close = (): void => setAsking(null);
  const isActive = experiment.lifecycleStage === "active";
  if (!may("edit", "Experiments")) return null;
  return (
    <>
      <Menu trigger={<IconButton icon="more" label={t("Actions for {{name}}", { name })} />}>
        {isActive ? (
          <>
            <MenuItem icon="edit" onSelect={() => setAsking("rename")}>
              {t("Rename")}
            </MenuItem>
            <MenuItem icon="trash" danger onSelect={() => setAsking("delete")}>
              {t("Delete")}
            </MenuItem>
          </>
        ) : (
          <>
            <MenuItem icon="history" onSelect={() => act.mutate("restore")}>
              {t("Restore")}
            </MenuItem>
            <MenuItem icon="trash" danger onSelect={() => setAsking("delete-permanently")}>
              {t("Delete for good")}
            </MenuItem>
          </>
        )}
      </Menu>
      {asking === "rename" ? (
        <NameDialog
          title={t("Rename")}
          act={t("Save")}
          name={name}
          onClose={close}
          onSave={(next) => rename.mutateAsync(next)}
        />
      ) : null}
      {asking === "delete" ? (
        <Confirm
          title={t("Delete {{name}}?", { name })}
          act={t("Delete")}
          onClose={close}
          onConfirm={() => act.mutate("delete")}
        >
          {t("Its runs go with it. Both can be restored.")}
        </Confirm>
      ) : null}
      {asking === "delete-permanently" ? (
        <Confirm
          title={t("Delete {{name}} for good?", { name })}
          act={t("Delete for good")}
          onClose={close}
          onConfirm={() => act.mutate("delete-permanently")}
        >
          {t("Its runs, their metrics and their artifacts are gone for ever.")}
        </Confirm>
      ) : null}
    </>
  );
}

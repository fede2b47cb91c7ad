/** Registered models: which there are, which version is newest, and where aliases and stages stand. */
import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../api/session.ts";
import { createModel, useModels } from "../../api/tracking.ts";
import type { ModelItem } from "../../api/tracking-types.ts";
import { Button } from "../../components/button.tsx";
import { SearchField } from "../../components/field.tsx";
import { Link, paths, useAddress, useGo } from "../../components/link.tsx";
import { Empty, Loaded, Page } from "../../components/page.tsx";
import { type Column, Pager, Table, useOffset } from "../../components/table.tsx";
import { Time } from "../../components/time.tsx";
import { NameDialog } from "./name-dialog.tsx";
import { AliasChip, StageChip } from "./stages.tsx";
import { TagChips } from "./tags.tsx";

const pageSize = 100;

export function View() {
  const { t } = useTranslation();
  const may = useMay();
  const go = useGo();
  const [address, change] = useAddress();
  const [making, setMaking] = useState(false);
  const offset = useOffset();
  const sort = address["sort"] ?? "name";
  const query = useModels({ search: address["q"], sort, limit: pageSize, offset });
  const search = useCallback((q: string) => change({ q, offset: undefined }), [change]);
  return (
    <Page
      title={t("Models")}
      lead={<span className="text-faint tabular-nums">{query.data?.total}</span>}
      actions={
        may("create", "Registered Models") ? (
          <Button kind="primary" icon="plus" onClick={() => setMaking(true)}>
            {t("New model")}
          </Button>
        ) : null
      }
    >
      <SearchField
        value={address["q"] ?? ""}
        onChange={search}
        label={t("Search models and tags")}
        className="mb-3 w-full sm:w-72"
      />
      <Loaded query={query}>
        {({ models, total }) =>
          models.length === 0 ? (
            <NoModels filtered={address["q"] !== undefined} />
          ) : (
            <>
              <ModelTable rows={models} sort={sort} onSort={(next) => change({ sort: next })} />
              <Pager limit={pageSize} total={total} />
            </>
          )
        }
      </Loaded>
      {making ? (
        <NameDialog
          title={t("New model")}
          act={t("Create")}
          onClose={() => setMaking(false)}
          onSave={(name) => createModel(name, "").then(() => go(paths.model(name)))}
        />
      ) : null}
    </Page>
  );
}

function NoModels({ filtered }: { filtered: boolean }) {
  const { t } = useTranslation();
  if (filtered) return <Empty icon="filter" title={t("No model fits")} />;
  return (
    <Empty icon="cube" title={t("No model is registered yet")}>
      {t("Register one from a run, or with registered_model_name when you log it.")}
    </Empty>
  );
}

function ModelTable({
  rows,
  sort,
  onSort,
}: {
  rows: readonly ModelItem[];
  sort: string;
  onSort: (sort: string) => void;
}) {
  const { t } = useTranslation();
  const columns: Column<ModelItem>[] = [
    {
      id: "name",
      label: t("Name"),
      sort: ["name", "-name"],
      cell: (model) => (
        <div className="min-w-0">
          <Link to={paths.model(model.name)} className="font-medium break-all hover:underline">
            {model.name}
          </Link>
          <TagChips tags={model.tags} />
        </div>
      ),
    },
    {
      id: "latest",
      label: t("Newest version"),
      cell: (model) =>
        model.latestVersion === null ? (
          <span className="text-faint">–</span>
        ) : (
          <Link to={paths.modelVersion(model.name, model.latestVersion)} className="link">
            v{model.latestVersion}
          </Link>
        ),
    },
    {
      id: "aliases",
      label: t("Aliases"),
      cell: (model) => (
        <span className="flex flex-wrap gap-1.5">
          {model.aliases.map(({ alias, version }) => (
            <Link
              key={alias}
              to={paths.modelVersion(model.name, version)}
              className="inline-flex items-center gap-1 text-xs hover:underline"
            >
              <AliasChip alias={alias} /> v{version}
            </Link>
          ))}
        </span>
      ),
    },
    {
      id: "stages",
      label: t("Stages"),
      wide: true,
      cell: (model) => (
        <span className="flex flex-wrap gap-1.5 text-xs">
          {Object.entries(model.stages).map(([stage, version]) => (
            <span key={stage} className="inline-flex items-center gap-1">
              <StageChip stage={stage} /> v{version}
            </span>
          ))}
        </span>
      ),
    },
    { id: "count", label: t("Versions"), align: "right", wide: true, cell: (model) => model.versions },
    {
      id: "changed",
      label: t("Changed"),
      sort: ["-updated", "updated"],
      wide: true,
      cell: (model) => <Time at={model.lastUpdateTime} relative />,
    },
  ];
  return (
    <Table
      label={t("Models")}
      columns={columns}
      rows={rows}
      keyOf={(model) => model.name}
      sort={sort}
      onSort={onSort}
    />
  );
}

/** A registered model: its versions, where they stand and stood, and what is said of it. */
import { useParams } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { useAct } from "../../api/queries.ts";
import { useMay } from "../../api/session.ts";
import { deleteModel, describeModel, renameModel, tagModel, useModel } from "../../api/tracking.ts";
import type { ModelPage } from "../../api/tracking-types.ts";
import { IconButton } from "../../components/button.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { Link, paths, useGo } from "../../components/link.tsx";
import { Menu, MenuItem } from "../../components/menu.tsx";
import { Failure, Loading, Page, Tabs } from "../../components/page.tsx";
import { Time } from "../../components/time.tsx";
import { Facts } from "../grid-side.tsx";
import { Description } from "./description.tsx";
import { ModelVersions } from "./model-versions.tsx";
import { NameDialog } from "./name-dialog.tsx";
import { AliasChip } from "./stages.tsx";
import { TagsEditor } from "./tags.tsx";

const ModelHistory = lazy(() =>
  import("./model-history.tsx").then(({ ModelHistory }) => ({ default: ModelHistory })),
);
const ModelDiff = lazy(() => import("./model-diff.tsx").then(({ ModelDiff }) => ({ default: ModelDiff })));

export function View() {
  const { t } = useTranslation();
  const { name = "", tab = "versions" } = useParams({ strict: false }) as { name?: string; tab?: string };
  const query = useModel(name);
  const crumbs = [{ label: t("Models"), to: paths.models }];
  if (query.data === undefined)
    return (
      <Page title={name} crumbs={crumbs}>
        {query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Loading />}
      </Page>
    );
  const page = query.data;
  return (
    <Page
      title={name}
      crumbs={crumbs}
      lead={<Lead page={page} />}
      actions={<Actions page={page} />}
      tabs={
        <Tabs
          label={t("Views of the model")}
          active={tab}
          tabs={[
            {
              id: "versions",
              label: t("Versions"),
              icon: "list",
              to: paths.model(name),
              count: page.versions.length,
            },
            { id: "compare", label: t("Compare"), icon: "diff", to: paths.model(name, "compare") },
            { id: "history", label: t("History"), icon: "history", to: paths.model(name, "history") },
            { id: "details", label: t("Details"), icon: "info", to: paths.model(name, "details") },
          ]}
        />
      }
    >
      <Suspense fallback={<Loading />}>
        {tab === "history" ? (
          <ModelHistory name={name} />
        ) : tab === "compare" ? (
          <ModelDiff name={name} versions={page.versions} />
        ) : tab === "details" ? (
          <Details page={page} />
        ) : (
          <ModelVersions page={page} />
        )}
      </Suspense>
    </Page>
  );
}

function Lead({ page: { model } }: { page: ModelPage }) {
  return (
    <span className="flex flex-wrap items-center gap-2 text-xs">
      {model.aliases.map(({ alias, version }) => (
        <Link
          key={alias}
          to={paths.modelVersion(model.name, version)}
          className="inline-flex items-center gap-1 hover:underline"
        >
          <AliasChip alias={alias} /> v{version}
        </Link>
      ))}
    </span>
  );
}

function Actions({ page: { model, versions } }: { page: ModelPage }) {
  const { t } = useTranslation();
  const may = useMay();
  const go = useGo();
  const [asking, setAsking] = useState<"rename" | "delete" | null>(null);
  const { name } = model;
  const remove = useAct(
    async () => {
      await deleteModel(name);
      go(paths.models);
    },
    t("{{name}} was deleted", { name }),
  );
  const rename = useAct(async (next: string) => {
    await renameModel(name, next);
    go(paths.model(next));
  }, t("The model was renamed"));
  if (!may("edit", "Registered Models")) return null;
  return (
    <>
      <Menu trigger={<IconButton icon="more" label={t("Actions")} />}>
        <MenuItem icon="edit" onSelect={() => setAsking("rename")}>
          {t("Rename")}
        </MenuItem>
        <MenuItem icon="trash" danger onSelect={() => setAsking("delete")}>
          {t("Delete")}
        </MenuItem>
      </Menu>
      {asking === "rename" ? (
        <NameDialog
          title={t("Rename")}
          act={t("Save")}
          name={name}
          onClose={() => setAsking(null)}
          onSave={(next) => rename.mutateAsync(next)}
        />
      ) : null}
      {asking === "delete" ? (
        <Confirm
          title={t("Delete {{name}}?", { name })}
          act={t("Delete")}
          onClose={() => setAsking(null)}
          onConfirm={() => remove.mutate(undefined)}
        >
          <p>{t("Its {{count}} versions go with it; this cannot be undone.", { count: versions.length })}</p>
          {model.aliases.length === 0 ? null : (
            <p className="mt-2">
              {t("Whoever loads it by an alias fails from then on: {{aliases}}", {
                aliases: model.aliases.map(({ alias }) => `@${alias}`).join(", "),
              })}
            </p>
          )}
        </Confirm>
      ) : null}
    </>
  );
}

function Details({ page: { model } }: { page: ModelPage }) {
  const { t } = useTranslation();
  const may = useMay();
  const mayEdit = may("edit", "Registered Models");
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[2fr_1fr]">
      <Description
        text={model.description}
        save={mayEdit ? (text) => describeModel(model.name, text) : null}
      />
      <section className="card flex flex-col gap-4 p-4">
        <Facts
          facts={[
            [t("Created"), <Time key="c" at={model.creationTime} style="full" />],
            [t("Changed"), <Time key="u" at={model.lastUpdateTime} style="full" />],
          ]}
        />
        <div>
          <h2 className="mb-2 font-semibold">{t("Tags")}</h2>
          <TagsEditor
            tags={model.tags}
            save={mayEdit ? (key, value) => tagModel(model.name, key, value) : null}
          />
        </div>
      </section>
    </div>
  );
}

/** One feature view: its versions, what is online of it, a look-up, and who uses it. */
import { useMutation } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import {
  type Cell,
  type FeatureStatus,
  type FeatureViewState,
  lookUp,
  useFeatureView,
} from "../../api/features.ts";
import { useLineage } from "../../api/lineage.ts";
import { Button } from "../../components/button.tsx";
import { Field, Select } from "../../components/field.tsx";
import { Link, paths, useAddress } from "../../components/link.tsx";
import { Failure, Loading, Page } from "../../components/page.tsx";
import { Time } from "../../components/time.tsx";
import { Facts } from "../grid-side.tsx";
import { NodeLink } from "../lineage/lineage-node.tsx";
import { useTtl } from "./features.tsx";

export function View() {
  const { t } = useTranslation();
  const { name = "" } = useParams({ strict: false }) as { name?: string };
  const [address, change] = useAddress();
  const query = useFeatureView(name);
  const crumbs = [{ label: t("Features"), to: paths.features }];
  const versions = query.data?.versions;
  const shown = versions?.find(({ version }) => String(version) === address["version"]) ?? versions?.at(-1);
  if (versions === undefined || shown === undefined)
    return (
      <Page title={name} crumbs={crumbs}>
        {query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Loading />}
      </Page>
    );
  return (
    <Page
      title={name}
      crumbs={crumbs}
      lead={<span className="text-xs text-soft">{shown.description}</span>}
      actions={
        <Select
          label={t("Version")}
          value={String(shown.version)}
          onChange={(version) => change({ version })}
          options={[...versions]
            .reverse()
            .map(({ version }) => ({ value: String(version), label: t("Version {{version}}", { version }) }))}
        />
      }
    >
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <div className="flex flex-col gap-4">
          <LookUp key={shown.version} view={shown} />
          <Schema view={shown} before={versions.find(({ version }) => version === shown.version - 1)} />
        </div>
        <div className="flex flex-col gap-4">
          <State view={shown} />
          <UsedBy view={shown} />
        </div>
      </div>
    </Page>
  );
}

function State({ view }: { view: FeatureViewState }) {
  const { t } = useTranslation();
  const ttl = useTtl();
  const time = (text: string | null) =>
    text === null ? t("never") : <Time at={Date.parse(text)} style="full" />;
  return (
    <section className="card p-4" aria-label={t("Facts")}>
      <Facts
        facts={[
          [t("Entity"), view.entity],
          [
            t("Join keys"),
            <span key="k" className="font-mono text-xs">
              {view.join_keys.join(", ")}
            </span>,
          ],
          [
            t("Source"),
            view.source === null ? (
              "–"
            ) : (
              <span key="s" className="font-mono text-xs break-all">
                {view.source}
              </span>
            ),
          ],
          ["TTL", ttl(view.ttl)],
          [
            t("Column of the event time"),
            <span key="e" className="font-mono text-xs">
              {view.event_time}
            </span>,
          ],
          [t("Online until"), time(view.materialized_until)],
          [t("Entities online"), String(view.online_rows)],
          [t("Oldest value online"), time(view.oldest_event)],
          [t("Newest value online"), time(view.newest_event)],
          [t("Owner"), view.owner === "" ? "–" : view.owner],
          [t("Registered"), time(view.created_at)],
        ]}
      />
    </section>
  );
}

function Schema({ view, before }: { view: FeatureViewState; before: FeatureViewState | undefined }) {
  const { t } = useTranslation();
  const note = (feature: string): string | null => {
    if (before === undefined) return null;
    const old = before.features[feature];
    if (old === undefined) return t("new in this version");
    return old === view.features[feature] ? null : t("was {{type}}", { type: old });
  };
  const gone = Object.keys(before?.features ?? {}).filter((feature) => view.features[feature] === undefined);
  return (
    <section className="card overflow-hidden" aria-label={t("Features")}>
      <h2 className="border-b px-4 py-2.5 font-semibold">{t("Features")}</h2>
      <ul className="divide-y divide-line">
        {Object.entries(view.features).map(([feature, type]) => (
          <li key={feature} className="flex flex-wrap items-baseline gap-x-3 px-4 py-1.5">
            <span className="font-mono text-xs font-medium break-all">{feature}</span>
            <span className="text-xs text-soft">{type}</span>
            <span className="ml-auto text-2xs text-accent-text">{note(feature)}</span>
          </li>
        ))}
        {gone.map((feature) => (
          <li key={feature} className="flex items-baseline gap-x-3 px-4 py-1.5 text-faint">
            <s className="font-mono text-xs break-all">{feature}</s>
            <span className="ml-auto text-2xs">{t("not in this version")}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** A key that looks like a number is looked up as a number, and as a text where there is none. */
function keysOf(text: string): Cell[] {
  const number = Number(text);
  return text.trim() === "" || Number.isNaN(number) ? [text, text] : [number, text];
}

interface Found {
  feature: string;
  value: Cell;
  status: FeatureStatus;
  at: string | null;
}

async function find(view: FeatureViewState, keys: { [key: string]: string }): Promise<Found[]> {
  const columns = Object.fromEntries(view.join_keys.map((key) => [key, keysOf(keys[key] ?? "")]));
  const { metadata, results } = await lookUp(view.name, view.version, columns);
  const read = (row: number): Found[] =>
    metadata.feature_names.flatMap((feature, place) => {
      const one = results[place];
      if (one === undefined || view.join_keys.includes(feature)) return [];
      return [
        {
          feature,
          value: one.values[row] ?? null,
          status: one.statuses[row] ?? "NOT_FOUND",
          at: one.event_timestamps[row] ?? null,
        },
      ];
    });
  const asNumbers = read(0);
  return asNumbers.every(({ status }) => status === "NOT_FOUND") ? read(1) : asNumbers;
}

function LookUp({ view }: { view: FeatureViewState }) {
  const { t } = useTranslation();
  const [keys, setKeys] = useState<{ [key: string]: string }>({});
  const look = useMutation({ mutationFn: () => find(view, keys) });
  return (
    <section className="card p-4" aria-label={t("Look up an entity")}>
      <h2 className="mb-3 font-semibold">{t("Look up an entity")}</h2>
      <form
        className="flex flex-wrap items-end gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          look.mutate();
        }}
      >
        {view.join_keys.map((key) => (
          <Field key={key} label={key}>
            {(id) => (
              <input
                id={id}
                className="field w-44"
                value={keys[key] ?? ""}
                onChange={(event) => setKeys({ ...keys, [key]: event.target.value })}
              />
            )}
          </Field>
        ))}
        <Button kind="primary" icon="search" type="submit" disabled={look.isPending}>
          {t("Look up")}
        </Button>
      </form>
      <div aria-live="polite">
        {look.error ? <p className="mt-3 text-sm text-danger-text">{look.error.message}</p> : null}
        {look.data === undefined ? null : <Values found={look.data} />}
      </div>
    </section>
  );
}

function Values({ found }: { found: readonly Found[] }) {
  const { t } = useTranslation();
  const words: Record<FeatureStatus, string> = {
    PRESENT: t("present"),
    NULL_VALUE: t("has no value"),
    NOT_FOUND: t("entity not online"),
    OUTSIDE_MAX_AGE: t("older than the TTL"),
  };
  return (
    <ul className="mt-3 divide-y divide-line rounded-md border">
      {found.map(({ feature, value, status, at }) => (
        <li
          key={feature}
          data-feature={feature}
          className="grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)] gap-x-4 px-3 py-1.5 text-sm sm:grid-cols-[minmax(0,2fr)_minmax(0,2fr)_minmax(0,2fr)_auto]"
        >
          <span className="font-mono text-xs break-all">{feature}</span>
          <span className="font-medium break-all">{value === null ? "–" : String(value)}</span>
          <span
            className={`text-xs ${status === "PRESENT" ? "text-accent-text" : "text-warn-text"}`}
            title={status}
          >
            {words[status]}
          </span>
          <span className="text-xs text-soft">
            {at === null ? null : <Time at={Date.parse(at)} style="full" />}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** What was made with it, as far as lineage knows. */
function UsedBy({ view }: { view: FeatureViewState }) {
  const { t } = useTranslation();
  const id = `${view.name}/${view.version}`;
  const { data } = useLineage({ kind: "feature_view", id, depth: 3, direction: "downstream" });
  const users = (data?.nodes ?? []).filter(
    ({ distance, kind }) =>
      distance > 0 && ["run", "model_version", "endpoint", "task_attempt"].includes(kind),
  );
  return (
    <section className="card p-4" aria-label={t("Used by")}>
      <div className="mb-2 flex items-center justify-between gap-2">
        <h2 className="font-semibold">{t("Used by")}</h2>
        <Link to={paths.lineage("feature_view", id)} className="link text-xs">
          {t("Lineage")}
        </Link>
      </div>
      {users.length === 0 ? (
        <p className="text-sm text-soft">{t("No run, model or endpoint is known to use it.")}</p>
      ) : (
        <ul className="flex flex-col gap-1.5 text-sm">
          {users.map((node) => (
            <li key={node.key}>
              <NodeLink node={node} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

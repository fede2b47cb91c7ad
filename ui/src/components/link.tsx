/** Links within the page, and the state that its address holds. */
import { useLocation, useRouter } from "@tanstack/react-router";
import { type AnchorHTMLAttributes, type MouseEvent, useCallback, useMemo } from "react";
import { basePath } from "../api/client.ts";

/** Address of a path of the page; its segments are encoded already (`paths`). */
export const hrefOf = (to: string): string => basePath + to.replace(/^\//, "");

export function useGo(): (to: string, options?: { replace?: boolean }) => void {
  const { history } = useRouter();
  return useCallback(
    (to, options) => (options?.replace ? history.replace(hrefOf(to)) : history.push(hrefOf(to))),
    [history],
  );
}

export function Link({ to, onClick, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { to: string }) {
  const go = useGo();
  const follow = (event: MouseEvent<HTMLAnchorElement>): void => {
    onClick?.(event);
    const other = event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0;
    if (event.defaultPrevented || other) return;
    event.preventDefault();
    go(to);
  };
  // oxlint-disable-next-line jsx-a11y/anchor-has-content -- what is inside comes with `rest`
  return <a href={hrefOf(to)} onClick={follow} {...rest} />;
}

/** Path of the view, without what a proxy put before it. */
export function usePath(): string {
  const { pathname } = useLocation();
  return `/${pathname.startsWith(basePath) ? pathname.slice(basePath.length) : pathname.replace(/^\//, "")}`;
}

export type Address = { readonly [name: string]: string | undefined };

/** What stands behind the "?", and a way to change some of it; a value that is empty goes. */
export function useAddress(): [Address, (changes: Address) => void] {
  const { searchStr } = useLocation();
  const { history } = useRouter();
  const address = useMemo(() => Object.fromEntries(new URLSearchParams(searchStr)) as Address, [searchStr]);
  const change = useCallback(
    (changes: Address) => {
      const next = new URLSearchParams(window.location.search);
      for (const [name, value] of Object.entries(changes)) {
        if (value === undefined || value === "") next.delete(name);
        else next.set(name, value);
      }
      const text = next.toString();
      history.replace(`${window.location.pathname}${text === "" ? "" : `?${text}`}`);
    },
    [history],
  );
  return [address, change];
}

const s = encodeURIComponent;

/** Addresses of the views, as Airflow's own page has them. */
export const paths = {
  home: "/",
  dags: "/dags",
  dag: (dagId: string, tab = "") => `/dags/${s(dagId)}${tab === "" ? "" : `/${tab}`}`,
  run: (dagId: string, runId: string, tab = "") =>
    `/dags/${s(dagId)}/runs/${s(runId)}${tab === "" ? "" : `/${tab}`}`,
  task: (dagId: string, runId: string, taskId: string, mapIndex = -1, query = "") =>
    `/dags/${s(dagId)}/runs/${s(runId)}/tasks/${s(taskId)}${mapIndex < 0 ? "" : `/mapped/${mapIndex}`}${query}`,
  runs: "/dag_runs",
  instances: "/task_instances",
  xcoms: "/xcoms",
  assets: "/assets",
  asset: (id: number) => `/assets/${id}`,
  inbox: "/required_actions",
  experiments: "/experiments",
  /** Of several beside each other: their ids with commas. */
  experiment: (id: string, tab = "") => `/experiments/${s(id)}${tab === "" ? "" : `/${tab}`}`,
  trackedRun: (experimentId: string, runId: string, tab = "") =>
    `/experiments/${s(experimentId)}/runs/${s(runId)}${tab === "" ? "" : `/${tab}`}`,
  /** Whose experiment is not known here. */
  anyRun: (runId: string) => `/tracked-runs/${s(runId)}`,
  compare: "/compare-runs",
  compareRuns: (runIds: readonly string[], experimentIds: readonly string[]) =>
    `/compare-runs?runs=${runIds.join(",")}&experiments=${experimentIds.join(",")}`,
  models: "/models",
  model: (name: string, tab = "") => `/models/${s(name)}${tab === "" ? "" : `/${tab}`}`,
  modelVersion: (name: string, version: number, tab = "") =>
    `/models/${s(name)}/versions/${version}${tab === "" ? "" : `/${tab}`}`,
  studies: "/studies",
  study: (name: string, tab = "") => `/studies/${s(name)}${tab === "" ? "" : `/${tab}`}`,
  deployments: "/deployments",
  deployment: (name: string, tab = "") => `/deployments/${s(name)}${tab === "" ? "" : `/${tab}`}`,
  checks: "/checks",
  check: (id: number) => `/checks/${id}`,
  features: "/features",
  featureView: (name: string) => `/features/${s(name)}`,
  /** Around a node; without one the view asks for it. */
  lineage: (kind: string, id: string) => `/lineage?kind=${s(kind)}&id=${s(id)}`,
  lineageSearch: "/lineage",
  admin: (what: string) => `/${what}`,
} as const;

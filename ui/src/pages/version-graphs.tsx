/** Two versions of a Dag as one graph: what came, what went, and which tasks run in another way; each in words, too. */
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useStructure } from "../api/queries.ts";
import type { DagStructure } from "../api/types.ts";
import { useAddress } from "../components/link.tsx";
import { Failure, Loading } from "../components/page.tsx";
import { DagGraphView } from "../graph/dag-graph-view.tsx";
import { changeSigns, colorOfChange } from "../graph/node-box.tsx";
import { type Change, diffStructures, type StructureDiff } from "../graph/structure-diff.ts";

export function VersionGraphs({ dagId, before, after }: { dagId: string; before: number; after: number }) {
  const old = useStructure(dagId, before);
  const present = useStructure(dagId, after);
  if (old.data !== undefined && present.data !== undefined)
    return <Compared before={old.data} after={present.data} />;
  const error = old.error ?? present.error;
  return error ? <Failure error={error} retry={() => void present.refetch()} /> : <Loading />;
}

function Compared({ before, after }: { before: DagStructure; after: DagStructure }) {
  const diff = useMemo(() => diffStructures(before, after), [before, after]);
  return (
    <>
      <ChangeList diff={diff} />
      <div className="min-h-0 flex-1">
        <DagGraphView structure={diff.union} states={null} runId={null} diff={diff} />
      </div>
    </>
  );
}

function ChangeList({ diff }: { diff: StructureDiff }) {
  const { t } = useTranslation();
  const [, change] = useAddress();
  const names: Record<Change, string> = {
    added: t("added"),
    removed: t("removed"),
    changed: t("changed"),
  };
  const edges = [...diff.edges].map(([key, what]) => ({ words: key.replace("\n", " → "), what }));
  return (
    <ul
      aria-label={t("What changed in the graph")}
      className="flex max-h-32 flex-wrap gap-1.5 overflow-y-auto border-b bg-surface px-4 py-2 text-xs sm:px-6"
    >
      {diff.nodes.size + diff.edges.size === 0 ? (
        <li className="text-soft">{t("The graph is the same")}</li>
      ) : null}
      {[...diff.nodes].map(([id, what]) => (
        <li key={id}>
          <button type="button" title={names[what]} className={chip} onClick={() => change({ task: id })}>
            <Sign what={what} name={names[what]} />
            {id}
            <span className="text-faint">{diff.words.get(id)?.join(", ")}</span>
          </button>
        </li>
      ))}
      {edges.map(({ words, what }) => (
        <li key={words} title={names[what]} className={chip}>
          <Sign what={what} name={names[what]} />
          {words}
        </li>
      ))}
    </ul>
  );
}

const chip = "inline-flex items-center gap-1.5 rounded-md border px-2 py-0.5";

function Sign({ what, name }: { what: Change; name: string }) {
  return (
    <>
      <span aria-hidden="true" className="font-semibold" style={{ color: colorOfChange(what) }}>
        {changeSigns[what]}
      </span>
      <span className="sr-only">{name}</span>
    </>
  );
}

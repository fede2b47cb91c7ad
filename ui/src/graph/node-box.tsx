/** What a node of a Dag's graph looks like: a task, a group that is closed, or an asset. */
import { useTranslation } from "react-i18next";
import type { AnyState } from "../api/types.ts";
import { Icon } from "../components/icons.tsx";
import { Link } from "../components/link.tsx";
import { StateBar, StateIcon, stateColor, useStateName } from "../components/state.tsx";
import type { Change } from "./structure-diff.ts";
import type { VisibleNode } from "./visible-graph.ts";

export interface NodeLook {
  node: VisibleNode;
  /** Null: no run is looked at, or it has none yet. */
  state: AnyState | null;
  counts: { [state: string]: number };
  isChosen: boolean;
  /** Between two versions. */
  change?: Change | undefined;
}

const box =
  "flex size-full items-center gap-2 rounded-[7px] border-2 bg-surface px-2.5 text-left text-xs shadow-sm";

const changeColors: Record<Change, string> = {
  added: "var(--s-success)",
  removed: "var(--s-failed)",
  changed: "var(--s-up_for_retry)",
};

export const changeSigns: Record<Change, string> = { added: "+", removed: "−", changed: "~" };

export const colorOfChange = (change: Change | undefined): string | undefined =>
  change === undefined ? undefined : changeColors[change];

export function colorOf({ node, state, change }: NodeLook): string {
  if (node.kind === "asset") return "var(--accent)";
  return colorOfChange(change) ?? stateColor(state ?? "none");
}

export function NodeBox({
  look,
  to,
  onOpen,
}: {
  look: NodeLook;
  to: string | null;
  onOpen: (id: string) => void;
}) {
  const { t } = useTranslation();
  const name = useStateName();
  const { node, state, isChosen, change } = look;
  const style = {
    borderColor: colorOfChange(change) ?? (state === null ? "var(--line-strong)" : stateColor(state)),
    ...(change === "removed" ? { borderStyle: "dashed" } : {}),
    ...(isChosen ? { boxShadow: "0 0 0 3px var(--accent-soft)" } : {}),
  };
  if (node.kind === "asset") return <AssetBox label={node.label} />;
  const title = `${node.id}${state === null ? "" : `\n${name(state)}`}`;
  if (node.kind === "group")
    return (
      <button
        type="button"
        title={`${title}\n${t("Unfold the group")}`}
        onClick={() => onOpen(node.id)}
        data-change={change}
        className={`nopan ${box} bg-sunken`}
        style={style}
      >
        <Inside look={look} />
        <Icon name="expand" size={12} />
      </button>
    );
  return (
    <Link
      to={to ?? "#"}
      title={title}
      data-state={state ?? "none"}
      data-change={change}
      className={`nopan ${box} hover:brightness-105`}
      style={style}
    >
      <Inside look={look} />
    </Link>
  );
}

function AssetBox({ label }: { label: string }) {
  return (
    <span className="flex size-full items-center gap-1.5 rounded-full border border-accent/60 bg-accent-soft px-2.5 text-2xs text-accent-text">
      <Icon name="assets" size={12} />
      <span className="truncate">{label}</span>
    </span>
  );
}

function Inside({ look: { node, state, counts, change } }: { look: NodeLook }) {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const isMapped = node.node?.isMapped === true;
  return (
    <>
      {change === undefined ? (
        <StateIcon state={state} size={15} />
      ) : (
        <span className="w-3.5 text-center font-semibold">{changeSigns[change]}</span>
      )}
      <span className="min-w-0 flex-1">
        <span className={`block truncate font-medium ${change === "removed" ? "line-through" : ""}`}>
          {node.label}
          {isMapped ? (
            <span className="font-normal text-faint"> [{total > 1 || state !== null ? total : ""}]</span>
          ) : null}
        </span>
        {node.kind === "group" || (isMapped && total > 0) ? (
          <StateBar counts={total > 0 ? counts : { none: node.taskIds.length }} height={4} />
        ) : (
          <span className="block truncate text-2xs text-faint">{node.node?.operator}</span>
        )}
      </span>
    </>
  );
}

/** Two versions beside each other: metrics, params, signature, and where they came from. */
import { useTranslation } from "react-i18next";
import { useModelVersion } from "../../api/tracking.ts";
import type { ModelVersionItem, ModelVersionPage } from "../../api/tracking-types.ts";
import { Select } from "../../components/field.tsx";
import { Link, paths, useAddress } from "../../components/link.tsx";
import { numberOf, numberText } from "../../components/numbers.ts";
import { Empty, Loaded } from "../../components/page.tsx";
import { signatureText } from "./signature-table.tsx";

export function ModelDiff({ name, versions }: { name: string; versions: readonly ModelVersionItem[] }) {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const [first, second] = (address["versions"] ?? "").split(",");
  const left = first || String(versions[1]?.version ?? "");
  const right = second || String(versions[0]?.version ?? "");
  if (versions.length < 2) return <Empty icon="diff" title={t("There are not two versions yet")} />;
  const options = versions.map(({ version }) => ({ value: String(version), label: `v${version}` }));
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <Select
          label={t("Before")}
          value={left}
          options={options}
          onChange={(next) => change({ versions: `${next},${right}` })}
        />
        <span className="text-faint">→</span>
        <Select
          label={t("After")}
          value={right}
          options={options}
          onChange={(next) => change({ versions: `${left},${next}` })}
        />
      </div>
      <Sides name={name} left={left} right={right} />
    </>
  );
}

function Sides({ name, left, right }: { name: string; left: string; right: string }) {
  const before = useModelVersion(name, left);
  const after = useModelVersion(name, right);
  return (
    <Loaded query={before}>
      {(a) => <Loaded query={after}>{(b) => <DiffTable name={name} a={a} b={b} />}</Loaded>}
    </Loaded>
  );
}

interface Line {
  name: string;
  a: string | null;
  b: string | null;
  change?: string;
}

function DiffTable({ name, a, b }: { name: string; a: ModelVersionPage; b: ModelVersionPage }) {
  const { t } = useTranslation();
  const sections: [string, Line[]][] = [
    [t("Metrics"), metricLines(a, b)],
    [t("Parameters"), linesOf(a.params, b.params)],
    [
      t("Signature"),
      (["inputs", "outputs", "params"] as const).map((part) => ({
        name: { inputs: t("Inputs"), outputs: t("Outputs"), params: t("Parameters") }[part],
        a: signatureText(a.signature?.[part] ?? []),
        b: signatureText(b.signature?.[part] ?? []),
      })),
    ],
    [
      t("Version"),
      [
        { name: t("Stage"), a: a.stage, b: b.stage },
        { name: t("Aliases"), a: a.aliases.join(", "), b: b.aliases.join(", ") },
        { name: t("Run"), a: a.run?.name ?? null, b: b.run?.name ?? null },
        { name: t("By"), a: a.userId, b: b.userId },
        { name: t("Source"), a: a.source, b: b.source },
      ],
    ],
    [t("Tags"), linesOf(a.tags, b.tags)],
  ];
  return (
    <div className="card overflow-x-auto" tabIndex={0} role="region" aria-label={t("What differs")}>
      <table
        className="w-full table-fixed border-separate border-spacing-0 text-left text-sm"
        aria-label={t("What differs")}
        style={{ minWidth: 520 }}
      >
        <thead>
          <tr>
            <td className="w-1/4 border-b px-3 py-2" />
            {[a, b].map((one) => (
              <th key={one.version} scope="col" className="border-b px-3 py-2 font-medium">
                <Link to={paths.modelVersion(name, one.version)} className="hover:underline">
                  v{one.version}
                </Link>
              </th>
            ))}
          </tr>
        </thead>
        {sections.map(([title, lines]) => (
          <tbody key={title}>
            <tr>
              <th
                scope="rowgroup"
                colSpan={3}
                className="border-b bg-sunken px-3 py-1 text-xs font-medium text-soft"
              >
                {title}
              </th>
            </tr>
            {lines.map((line) => (
              <DiffLine key={line.name} line={line} />
            ))}
          </tbody>
        ))}
      </table>
    </div>
  );
}

function DiffLine({ line: { name, a, b, change } }: { line: Line }) {
  const differs = a !== b;
  const cell = (value: string | null) => (
    <td className={`border-b px-3 py-1.5 align-top break-words ${differs ? "bg-warn-soft/60" : ""}`}>
      {value === null || value === "" ? <span className="text-faint">–</span> : value}
    </td>
  );
  return (
    <tr data-differs={differs}>
      <th scope="row" className="border-b px-3 py-1.5 align-top font-normal break-words text-soft">
        {name}
      </th>
      {cell(a)}
      <td className={`border-b px-3 py-1.5 align-top break-words ${differs ? "bg-warn-soft/60" : ""}`}>
        {b === null || b === "" ? <span className="text-faint">–</span> : b}
        {change === undefined ? null : <span className="ml-2 text-xs text-soft tabular-nums">{change}</span>}
      </td>
    </tr>
  );
}

type Pair = { key: string; value: string };

function linesOf(a: readonly Pair[], b: readonly Pair[]): Line[] {
  const [left, right] = [a, b].map((list) => new Map(list.map(({ key, value }) => [key, value])));
  const keys = [...new Set([...a, ...b].map(({ key }) => key))].sort();
  return keys.map((name) => ({ name, a: left?.get(name) ?? null, b: right?.get(name) ?? null }));
}

function metricLines(a: ModelVersionPage, b: ModelVersionPage): Line[] {
  const written = (page: ModelVersionPage): Pair[] =>
    page.metrics.map(({ key, value }) => ({ key, value: numberText(value) }));
  return linesOf(written(a), written(b)).map((line) => {
    const [from, to] = [a, b].map((page) =>
      numberOf(page.metrics.find(({ key }) => key === line.name)?.value),
    );
    const difference = (to ?? Number.NaN) - (from ?? Number.NaN);
    return Number.isFinite(difference) && difference !== 0
      ? { ...line, change: `${difference > 0 ? "+" : ""}${numberText(difference)}` }
      : line;
  });
}

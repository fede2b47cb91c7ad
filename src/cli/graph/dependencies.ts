/** Dependencies between Dags as Mermaid and DOT; assets and aliases are drawn as cylinders. */

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly kind: string;
}

const isAsset = (name: string): boolean => /^(asset|alias) /.test(name);

export function dependenciesToMermaid(edges: readonly Edge[]): string {
  const nodes = namesOf(edges);
  const id = (name: string): string => `n${nodes.indexOf(name)}`;
  const text = (name: string): string => `"${name.replaceAll('"', "#quot;")}"`;
  return [
    "flowchart LR",
    ...nodes.map((name) => `  ${id(name)}${isAsset(name) ? `[(${text(name)})]` : `[${text(name)}]`}`),
    ...edges.map(
      ({ from, to, kind }) => `  ${id(from)} ${kind === "asset" ? "-->" : `-->|${kind}|`} ${id(to)}`,
    ),
    "",
  ].join("\n");
}

export function dependenciesToDot(edges: readonly Edge[]): string {
  const quoted = (text: string): string => JSON.stringify(text);
  return [
    "digraph dependencies {",
    "  graph [rankdir=LR]",
    '  node [shape=box, style="rounded,filled", fillcolor="#ffffff", fontname="Helvetica"]',
    ...namesOf(edges).map(
      (name) => `  ${quoted(name)}${isAsset(name) ? " [shape=cylinder, style=filled]" : ""}`,
    ),
    ...edges.map(
      ({ from, to, kind }) =>
        `  ${quoted(from)} -> ${quoted(to)}${kind === "asset" ? "" : ` [label=${quoted(kind)}]`}`,
    ),
    "}",
    "",
  ].join("\n");
}

/** Drawn by Graphviz compiled to WebAssembly, loaded when asked for. */
export async function renderDot(dot: string): Promise<string> {
  const { instance } = await import("@viz-js/viz");
  return (await instance()).renderString(dot, { format: "svg" });
}

function namesOf(edges: readonly Edge[]): string[] {
  return [...new Set(edges.flatMap(({ from, to }) => [from, to]))];
}

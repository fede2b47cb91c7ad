/** A graph as a picture: drawn again as SVG with plain shapes, in the colours of the page. */
import type { GraphViewProps } from "./graph-props.ts";
import type { Layout } from "./layout.ts";

const xml = (text: string): string => text.replace(/[<>&"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

const pad = 16;
const line = "var(--line-strong)";

type Color = (name: string) => string;

/** A picture stands alone: names of the page's colours mean nothing in it, and few programs know their kind. */
function colorsOfPage(): Color {
  const style = getComputedStyle(document.documentElement);
  const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  return (name) => {
    const variable = /^var\((--[\w-]+)\)$/.exec(name)?.[1];
    const color = variable === undefined ? name : style.getPropertyValue(variable).trim();
    if (pen === null) return color;
    pen.fillStyle = color;
    pen.fillRect(0, 0, 1, 1);
    const point = pen.getImageData(0, 0, 1, 1).data.subarray(0, 3);
    return `#${[...point].map((part) => part.toString(16).padStart(2, "0")).join("")}`;
  };
}

function drawing(layout: Layout, graph: GraphViewProps): string {
  const color = colorsOfPage();
  const width = layout.width + 2 * pad;
  const height = layout.height + 2 * pad;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${-pad} ${-pad} ${width} ${height}" font-family="Inter, system-ui, sans-serif" font-size="12">
<defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L10 5L0 10z" fill="${color(line)}"/></marker></defs>
<rect x="${-pad}" y="${-pad}" width="${width}" height="${height}" fill="${color("var(--canvas)")}"/>
${[...groups(layout, graph, color), ...edges(layout, graph, color), ...boxes(layout, graph, color)].join("\n")}
</svg>`;
}

function groups(layout: Layout, { groupLabel }: GraphViewProps, color: Color): string[] {
  return Object.entries(layout.groups).map(
    ([id, { x, y, width, height }]) =>
      `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="8" fill="${color("var(--sunken)")}" stroke="${color(line)}" stroke-dasharray="4 3"/>
      <text x="${x + 8}" y="${y + 13}" font-size="11" fill="${color("var(--ink-soft)")}">${xml(groupLabel?.(id) ?? id)}</text>`,
  );
}

function edges(layout: Layout, { request, edgeColor }: GraphViewProps, color: Color): string[] {
  const labels = new Map(request.edges.map(({ from, to, label }) => [`${from}\n${to}`, label]));
  return layout.edges.map(({ from, to, path, label: at }) => {
    const label = labels.get(`${from}\n${to}`);
    const drawn = `<path d="${path}" fill="none" stroke="${color(edgeColor?.(from, to) ?? line)}" stroke-width="1.4" marker-end="url(#arrow)"/>`;
    return label === undefined || at === null
      ? drawn
      : `${drawn}<text x="${at.x}" y="${at.y + 4}" text-anchor="middle" font-size="11" fill="${color("var(--ink-soft)")}">${xml(label)}</text>`;
  });
}

function boxes(layout: Layout, { request, nodes }: GraphViewProps, color: Color): string[] {
  const known = new Map(nodes.map((node) => [node.id, node]));
  return request.nodes.map(({ id }) => {
    const place = layout.nodes[id];
    const node = known.get(id);
    if (place === undefined || node === undefined) return "";
    const { x, y, width, height } = place;
    return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="7" fill="${color("var(--surface)")}" stroke="${color(node.color)}" stroke-width="2"/>
      <text x="${x + width / 2}" y="${y + height / 2 + 4}" text-anchor="middle" fill="${color("var(--ink)")}">${xml(node.label)}</text>`;
  });
}

function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export function saveDrawing(kind: "svg" | "png", layout: Layout, graph: GraphViewProps): void {
  const svg = new Blob([drawing(layout, graph)], { type: "image/svg+xml" });
  if (kind === "svg") return save(svg, "graph.svg");
  const image = new Image();
  image.addEventListener("load", () => {
    // A picture of more than 16 000 pixels is none in some browsers.
    const scale = Math.min(2, 16_000 / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = image.width * scale;
    canvas.height = image.height * scale;
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => blob !== null && save(blob, "graph.png"));
    URL.revokeObjectURL(image.src);
  });
  image.src = URL.createObjectURL(svg);
}

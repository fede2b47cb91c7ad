/** A graph as a picture: drawn again as SVG with plain shapes, in the colours of the page. */
import type { GraphNode } from "./graph-view.tsx";
import type { Layout, LayoutRequest } from "./layout.ts";

const xml = (text: string): string => text.replace(/[<>&"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

const pad = 16;

function drawing(layout: Layout, nodes: readonly GraphNode[], request: LayoutRequest): string {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => {
    const variable = /^var\((--[\w-]+)\)$/.exec(name)?.[1];
    return variable === undefined ? name : style.getPropertyValue(variable).trim();
  };
  const labels = new Map(nodes.map((node) => [node.id, node]));
  const groups = Object.values(layout.groups).map(
    ({ x, y, width, height }) =>
      `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="8" fill="${color("var(--sunken)")}" stroke="${color("var(--line-strong)")}" stroke-dasharray="4 3"/>`,
  );
  const edges = layout.edges.map(
    ({ path }) =>
      `<path d="${path}" fill="none" stroke="${color("var(--line-strong)")}" stroke-width="1.4"/>`,
  );
  const boxes = request.nodes.map(({ id }) => {
    const place = layout.nodes[id];
    const node = labels.get(id);
    if (place === undefined || node === undefined) return "";
    const { x, y, width, height } = place;
    return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="7" fill="${color("var(--surface)")}" stroke="${color(node.color)}" stroke-width="2"/>
      <text x="${x + width / 2}" y="${y + height / 2 + 4}" text-anchor="middle" fill="${color("var(--ink)")}">${xml(node.label)}</text>`;
  });
  const width = layout.width + 2 * pad;
  const height = layout.height + 2 * pad;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${-pad} ${-pad} ${width} ${height}" font-family="Inter, system-ui, sans-serif" font-size="12">
<rect x="${-pad}" y="${-pad}" width="${width}" height="${height}" fill="${color("var(--canvas)")}"/>
${[...groups, ...edges, ...boxes].join("\n")}
</svg>`;
}

function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export function saveDrawing(
  kind: "svg" | "png",
  layout: Layout,
  nodes: readonly GraphNode[],
  request: LayoutRequest,
): void {
  const svg = new Blob([drawing(layout, nodes, request)], { type: "image/svg+xml" });
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

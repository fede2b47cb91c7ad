/** The page's icons: 24 × 24, drawn with strokes, sized by the text beside them. */
import type { SVGProps } from "react";

const paths = {
  home: "M4 11.5 12 5l8 6.5M6.5 10v8.5h11V10M10 18.5v-5h4v5",
  dags: "M5 5h5v4H5zM14 10h5v4h-5zM5 15h5v4H5zM10 7h2v10h-2M12 12h2",
  runs: "M5 6h14M5 12h14M5 18h9M17 15.5v5l4-2.5z",
  assets: "M12 3.5 20 7.5v9l-8 4-8-4v-9zM4 7.5l8 4 8-4M12 11.5v9",
  inbox: "M4 13.5h4.5l1.5 2.5h4l1.5-2.5H20M4 13.5v5h16v-5L17.5 5.5h-11z",
  settings:
    "M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM12 3.5v2.2M12 18.3v2.2M3.5 12h2.2M18.3 12h2.2M6 6l1.6 1.6M16.4 16.4 18 18M6 18l1.6-1.6M16.4 7.6 18 6",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5 20.5 20.5",
  play: "M7.5 5v14l11.5-7z",
  pause: "M8 5.5v13M16 5.5v13",
  rocket:
    "M12 15.5 8.5 12c.8-4 3.3-7.3 9.5-7.5.2 6.2-3.5 8.7-6 11zM8.5 12H5.5l2-3.5h2.3M12 15.5v3l3.5-2v-2.8M6.5 15.5c-1.5.7-2 2.2-2 4 1.8 0 3.3-.5 4-2M14 9.5h.01",
  shield: "M12 3.5 19 6v6c0 4-3 7-7 8.5C8 19 5 16 5 12V6zM8.5 12l2.5 2.5 4.5-5",
  table: "M4.5 5.5h15v13h-15zM4.5 10h15M4.5 14.2h15M10 5.5v13",
  lineage: "M4 9.5h5v5H4zM15 4.5h5v5h-5zM15 14.5h5v5h-5zM9 12h3M12 7v10M12 7h3M12 17h3",
  flask: "M9.5 4h5M10.5 4v5.5L5.5 18a1.5 1.5 0 0 0 1.3 2h10.4a1.5 1.5 0 0 0 1.3-2l-5-8.5V4M8 14.5h8",
  cube: "M12 3.5 19.5 8v8L12 20.5 4.5 16V8zM4.5 8 12 12.5 19.5 8M12 12.5v8M8 5.9l7.5 4.5",
  target: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 12.2v-.1",
  folder: "M4 6h6l2 2.5h8V19H4z",
  file: "M6.5 3.5h7l4 4v13h-11zM13.5 3.5v4h4",
  check: "M5 12.5 10 17.5 19.5 7",
  cross: "M6.5 6.5l11 11M17.5 6.5l-11 11",
  chevronRight: "M9.5 6l6 6-6 6",
  chevronDown: "M6 9.5l6 6 6-6",
  chevronUp: "M6 14.5l6-6 6 6",
  chevronLeft: "M14.5 6l-6 6 6 6",
  star: "M12 4l2.4 5.1 5.6.7-4.1 3.9 1.1 5.6-5-2.8-5 2.8 1.1-5.6L4 9.8l5.6-.7z",
  clock: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM12 7.5V12l3 2",
  alert: "M12 4 21 19.5H3zM12 10v4.5M12 17v.3",
  bell: "M6 16.5V11a6 6 0 1 1 12 0v5.5l1.5 1.5h-15zM10 20.5h4",
  refresh: "M19.5 12a7.5 7.5 0 1 1-2.2-5.3L19.5 9M19.5 4.5V9H15",
  retry: "M4.5 12a7.5 7.5 0 1 0 2.2-5.3L4.5 9M4.5 4.5V9H9",
  download: "M12 4v11M7 10.5l5 5 5-5M5 19.5h14",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2.5v2.5M12 19v2.5M2.5 12H5M19 12h2.5M5.3 5.3 7 7M17 17l1.7 1.7M5.3 18.7 7 17M17 7l1.7-1.7",
  moon: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z",
  globe:
    "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM3.5 12h17M12 3.5c3 3 3 14 0 17M12 3.5c-3 3-3 14 0 17",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c1-4.5 4-6 7.5-6s6.5 1.5 7.5 6",
  menu: "M4.5 7h15M4.5 12h15M4.5 17h15",
  more: "M6 12m-1 0a1 1 0 1 0 2 0a1 1 0 1 0-2 0M12 12m-1 0a1 1 0 1 0 2 0a1 1 0 1 0-2 0M18 12m-1 0a1 1 0 1 0 2 0a1 1 0 1 0-2 0",
  external: "M13.5 5H19v5.5M19 5l-8 8M10 6.5H5.5v12h12V14",
  plus: "M12 5.5v13M5.5 12h13",
  minus: "M5.5 12h13",
  trash: "M5 7h14M9.5 7V4.5h5V7M7 7l.8 12.5h8.4L17 7M10.5 10.5v5.5M13.5 10.5v5.5",
  edit: "M5 19l1-4L15.5 5.5l3 3L9 18zM13.5 7.5l3 3",
  copy: "M9 9h10v10H9zM15 9V5H5v10h4",
  expand: "M5 10V5h5M14 5h5v5M19 14v5h-5M10 19H5v-5",
  filter: "M4.5 6h15L14 12.5V19l-4-2v-4.5z",
  calendar: "M5 6.5h14v13H5zM5 10.5h14M9 4v4M15 4v4",
  grid: "M5 5h5.5v5.5H5zM13.5 5H19v5.5h-5.5zM5 13.5h5.5V19H5zM13.5 13.5H19V19h-5.5z",
  graph:
    "M6.5 9a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM17.5 14.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM6.5 20a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM8.7 7.7l6.6 3M8.7 16.3l6.6-3",
  chart: "M5 19.5V4.5M5 19.5h15M9 16v-5M13 16V8M17 16v-3",
  code: "M8.5 7.5 4 12l4.5 4.5M15.5 7.5 20 12l-4.5 4.5M13.5 5l-3 14",
  list: "M9 6.5h11M9 12h11M9 17.5h11M4.5 6.5h.01M4.5 12h.01M4.5 17.5h.01",
  history: "M4.5 12a7.5 7.5 0 1 0 2.2-5.3L4.5 9M4.5 4.5V9H9M12 8v4.5l3 1.5",
  info: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM12 11v5.5M12 7.5v.3",
  signOut: "M14 5H6v14h8M10.5 12H20M16.5 8.5 20 12l-3.5 3.5",
  key: "M8 15.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM11.5 11.5h9M17 11.5V15M20.5 11.5V14",
  arrowDown: "M12 5v14M6.5 13.5 12 19l5.5-5.5",
  stop: "M7 7h10v10H7z",
  note: "M6 4.5h12v15H6zM9 9h6M9 12.5h6M9 16h3.5",
  python: "M9 4.5h6v5H9v3H5.5v-5M15 19.5H9v-5h6v-3h3.5v5",
  diff: "M7 5v10M7 19v.01M17 9v10M4.5 9.5h5M14.5 14h5",
} as const;

export type IconName = keyof typeof paths;

export function Icon({
  name,
  size = 16,
  filled = false,
  ...rest
}: { name: IconName; size?: number; filled?: boolean } & SVGProps<SVGSVGElement>) {
  return (
    <svg
      viewBox="0 0 24 24"
      width={size}
      height={size}
      fill={filled ? "currentColor" : "none"}
      stroke="currentColor"
      strokeWidth={1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      className="shrink-0"
      {...rest}
    >
      <path d={paths[name]} />
    </svg>
  );
}

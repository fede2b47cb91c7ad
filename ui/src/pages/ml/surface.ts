/** A surface through scattered points: each cell's value is the mean of the points, weighted by nearness. */

export interface SurfacePoint {
  x: number;
  y: number;
  value: number;
}

export interface Surface {
  points: readonly SurfacePoint[];
  /** Column, row, value. */
  cells: [number, number, number][];
  columns: string[];
  rows: string[];
  rangeX: readonly [number, number];
  rangeY: readonly [number, number];
  logX: boolean;
  logY: boolean;
  low: number;
  high: number;
}

const size = 48;
const mostPoints = 600;

interface Scale {
  range: readonly [number, number];
  unit: (value: number) => number;
}

function scaleOf(values: readonly number[], log: boolean): Scale {
  const range = [Math.min(...values), Math.max(...values)] as const;
  const place = log ? Math.log : (value: number): number => value;
  const [low, high] = range.map(place) as [number, number];
  return { range, unit: (value) => (high > low ? (place(value) - low) / (high - low) : 0.5) };
}

/** Null with fewer than three points, or where they do not differ along an axis. */
export function surfaceOf(all: readonly SurfacePoint[], logX: boolean, logY: boolean): Surface | null {
  const points = all.slice(-mostPoints);
  if (points.length < 3) return null;
  const [across, up] = [
    scaleOf(
      points.map(({ x }) => x),
      logX,
    ),
    scaleOf(
      points.map(({ y }) => y),
      logY,
    ),
  ];
  if (across.range[0] === across.range[1] || up.range[0] === up.range[1]) return null;
  const placed = points.map(({ x, y, value }) => ({ x: across.unit(x), y: up.unit(y), value }));
  const cells: [number, number, number][] = [];
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++)
      cells.push([column, row, guess(placed, (column + 0.5) / size, (row + 0.5) / size)]);
  const values = cells.map(([, , value]) => value);
  const names = Array.from({ length: size }, (_, index) => String(index));
  return {
    points,
    cells,
    columns: names,
    rows: names,
    rangeX: across.range,
    rangeY: up.range,
    logX,
    logY,
    low: Math.min(...values),
    high: Math.max(...values),
  };
}

/** Shepard's method: by the inverse square of the distance. */
function guess(points: readonly SurfacePoint[], x: number, y: number): number {
  let sum = 0;
  let weights = 0;
  for (const point of points) {
    const weight = 1 / ((point.x - x) ** 2 + (point.y - y) ** 2 + 1e-4);
    sum += weight * point.value;
    weights += weight;
  }
  return sum / weights;
}

/** Every way to give each of some states a count from 0 to `most`; the last state runs fastest. */
export function grid(states: number, most: number): number[][] {
  let rows: number[][] = [[]];
  for (let at = 0; at < states; at++) {
    rows = rows.flatMap((row) => Array.from({ length: most + 1 }, (_, count) => [...row, count]));
  }
  return rows;
}

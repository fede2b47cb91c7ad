/** Random graphs: edges are kept as drawn, and a circle is found whenever there is one. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Dag, type TaskRef } from "../../src/index.ts";
import { collectOne, edgesOf, failure } from "./support/collect.ts";

const size = 12;
const pairs = fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 40 });

function draw(edges: readonly (readonly [number, number])[]): void {
  const dag = new Dag("dag");
  const tasks = Array.from({ length: size }, (_, i) => dag.task(`t${i}`, async () => i)());
  for (const [from, to] of edges) (tasks[from] as TaskRef).before(tasks[to] as TaskRef);
}

describe("random graphs", () => {
  it("keep exactly the edges that were drawn", async () => {
    await fc.assert(
      fc.asyncProperty(pairs, async (edges) => {
        const forward = edges.filter(([from, to]) => from < to);
        const names = [...new Set(forward.map(([from, to]) => `t${from} -> t${to}`))].sort();
        expect(edgesOf(await collectOne(() => draw(forward)))).toEqual(names);
      }),
      { numRuns: 50 },
    );
  });

  it("with a circle are refused with the path of one", async () => {
    await fc.assert(
      fc.asyncProperty(
        pairs,
        fc.uniqueArray(fc.nat(size - 1), { minLength: 1, maxLength: 6 }),
        async (edges, circle) => {
          const closed = circle.map((task, i): [number, number] => [
            task,
            circle[(i + 1) % circle.length] as number,
          ]);
          const drawn = [...edges, ...closed];
          const error = await failure(() => draw(drawn));
          expect(error.code).toBe("TW_DAG_CYCLE");
          const path = (error.message.split("circle: ")[1] ?? "").split(" → ");
          expect(path.at(0)).toBe(path.at(-1));
          const known = new Set(drawn.map(([from, to]) => `t${from} t${to}`));
          for (let i = 1; i < path.length; i++) expect(known).toContain(`${path[i - 1]} ${path[i]}`);
        },
      ),
      { numRuns: 50 },
    );
  });
});

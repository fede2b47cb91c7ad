import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Json } from "../../src/core/dag-model.ts";
import { MappedElements } from "../../src/executor/worker/mapped-elements.ts";
import type { ChildRequest } from "../../src/runtime/protocol.ts";
import { systemClock } from "../../src/time.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tradewind-elements-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const asked = (item?: number): ChildRequest => ({
  method: "xcom.get",
  params: {
    taskIds: ["make_list"],
    key: "return_value",
    mapIndexes: [-1],
    ...(item === undefined ? {} : { item }),
  },
});

function fileOf(name: string, bytes = 100): { file: string; answer: Promise<Json> } {
  const file = join(folder, name);
  const ref = { uri: pathToFileURL(file).href, bytes, mediaType: "application/json" };
  return { file, answer: Promise.resolve([{ taskId: "make_list", mapIndex: -1, value: { ref } }]) };
}

describe("elements of a list that is a file", () => {
  it("are answered from one reading of it", async () => {
    const { file, answer } = fileOf("list.json");
    await writeFile(file, '["a", {"b": 1}]');
    const elements = new MappedElements(systemClock);
    expect(await elements.pick(asked(0), answer)).toEqual([
      { taskId: "make_list", mapIndex: -1, value: { json: "a" }, item: true },
    ]);
    await rm(file);
    expect(await elements.pick(asked(1), answer)).toMatchObject([{ value: { json: { b: 1 } }, item: true }]);
  });

  it("are pairs of an object's entries", async () => {
    const { file, answer } = fileOf("object.json");
    await writeFile(file, '{"x": 1, "y": 2}');
    expect(await new MappedElements(systemClock).pick(asked(1), answer)).toMatchObject([
      { value: { json: ["y", 2] } },
    ]);
  });

  it.each([
    ["the whole value was asked for", asked(), "list.json", 100],
    ["the file is gone", asked(0), "gone.json", 100],
    ["the list is longer than a worker parses", asked(0), "list.json", 2 ** 30],
    ["there is no such element", asked(7), "list.json", 100],
    ["a type of Python stands around the list", asked(0), "tuple.json", 100],
  ])("stay a reference where %s", async (_why, request, name, bytes) => {
    await writeFile(join(folder, "list.json"), "[1, 2]");
    await writeFile(join(folder, "tuple.json"), '{"__type__": "tuple", "value": [1, 2]}');
    const { answer } = fileOf(name, bytes);
    expect(await new MappedElements(systemClock).pick(request, answer)).toEqual(await answer);
  });
});

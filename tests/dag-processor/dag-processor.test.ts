import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bench, dagText } from "./processor-bench.ts";

describe("a Dags folder", () => {
  it("is imported at the start, with the hash and the text of every file behind each Dag", async () => {
    const { sink, processor, versionsFolder } = bench({
      "etl.ts": dagText("etl", 'import { name } from "./lib/names.ts";\nvoid name;'),
      "deep/er/ml.mts": dagText("ml"),
      "plain.js": dagText("plain"),
      "lib/names.ts": 'export const name: string = "x";',
      "not-one.ts": "throw new Error('never imported');",
      "types.d.ts": "declare const tradewind_dag: string;",
      "node_modules/pack/index.ts": "throw new Error('tradewind dag');",
      ".git/hook.ts": "throw new Error('tradewind dag');",
    });
    await processor.start();
    expect([...sink.dags.keys()].sort()).toEqual(["etl", "ml", "plain"]);
    expect(sink.problems.size).toBe(0);
    const etl = sink.dags.get("etl");
    expect(Object.keys(etl?.files ?? {}).sort()).toEqual(["etl.ts", "lib/names.ts"]);
    expect(etl?.spec).toMatchObject({ relativeFile: "etl.ts", tasks: [{ taskId: "hello" }] });
    expect(etl).toMatchObject({
      timetableSummary: "None",
      timetableDescription: "Never, external triggers only",
    });
    for (const hash of Object.values(etl?.files ?? {}))
      expect(existsSync(join(versionsFolder, hash))).toBe(true);
  });

  it("shows a saved file, and a Dag that a file does not define any more is gone", async () => {
    const { sink, processor, write } = bench({ "a.ts": dagText("one") });
    await processor.start();
    const before = sink.dags.get("one")?.hash;
    write({ "a.ts": dagText("one", "// another text") });
    await sink.until(() => sink.dags.get("one")?.hash !== before);
    write({ "a.ts": dagText("two") });
    await sink.until(() => sink.dags.has("two"));
    expect(sink.dags.has("one")).toBe(false);
  });

  it("shows new files and folders, and forgets those that were deleted", async () => {
    const { sink, processor, write, folder } = bench({ "a.ts": dagText("one") });
    await processor.start();
    write({ "new/folder/b.ts": dagText("two") });
    await sink.until(() => sink.dags.has("two"));
    write({ "new/folder/c.ts": dagText("three") });
    await sink.until(() => sink.dags.has("three"));
    rmSync(join(folder, "new"), { recursive: true });
    await sink.until(() => sink.dags.size === 1);
    expect([...sink.dags.keys()]).toEqual(["one"]);
  });

  it("imports a file again when one that it imports changes, also outside of the folder", async () => {
    const { sink, processor, folder, write } = bench({
      "a.ts": dagText("one", 'import "./lib.ts";\nimport "../shared/far.ts";'),
      "lib.ts": "",
    });
    const far = join(folder, "../shared/far.ts");
    mkdirSync(join(folder, "../shared"));
    writeFileSync(far, "export const a = 1;");
    await processor.start();
    const first = sink.dags.get("one");
    expect(Object.keys(first?.files ?? {}).sort()).toEqual(["../shared/far.ts", "a.ts", "lib.ts"]);
    write({ "lib.ts": "export const b = 2;" });
    await sink.until(() => sink.dags.get("one")?.hash !== first?.hash);
    const second = sink.dags.get("one")?.hash;
    writeFileSync(far, "export const a = 3;");
    await sink.until(() => sink.dags.get("one")?.hash !== second);
  });

  it("does not import what has not changed, though its date has", async () => {
    const { sink, processor, write } = bench({ "a.ts": dagText("one"), "b.ts": dagText("two") });
    await processor.start();
    write({ "a.ts": dagText("one") });
    await processor.runOnce();
    await processor.runOnce();
    expect(sink.outcomes).toHaveLength(2);
    await processor.reparse("b.ts");
    expect(sink.outcomes.map((one) => one.relativeFile).slice(2)).toEqual(["b.ts"]);
  });

  it("gives the same version the same hash, whatever was there between", async () => {
    const { sink, processor, write } = bench({ "a.ts": dagText("one") });
    await processor.start();
    const first = sink.dags.get("one")?.hash;
    write({ "a.ts": dagText("one", "const changed = 1;\nvoid changed;") });
    await sink.until(() => sink.dags.get("one")?.hash !== first);
    write({ "a.ts": dagText("one") });
    await sink.until(() => sink.dags.get("one")?.hash === first);
  });

  it("follows links, in no circles, and counts a file once", async () => {
    const { sink, processor, folder } = bench({ "real/a.ts": dagText("one") });
    mkdirSync(join(folder, "../elsewhere"));
    writeFileSync(join(folder, "../elsewhere/b.ts"), dagText("two"));
    symlinkSync("..", join(folder, "real/up"));
    symlinkSync("a.ts", join(folder, "real/z.ts"));
    symlinkSync("../elsewhere", join(folder, "linked"));
    symlinkSync("nowhere.ts", join(folder, "broken.ts"));
    await processor.start();
    expect([...sink.dags].map(([dagId, dag]) => [dagId, dag.relativeFile]).sort()).toEqual([
      ["one", "real/a.ts"],
      ["two", "../elsewhere/b.ts"],
    ]);
    expect(sink.problems.size).toBe(0);
  });

  it("keeps its Dags when the folder cannot be read for a while", async () => {
    const { sink, processor, folder } = bench({ "a.ts": dagText("one") });
    await processor.start();
    renameSync(folder, `${folder}-away`);
    await processor.runOnce();
    expect(sink.dags.has("one")).toBe(true);
  });

  it("tells an importing process nothing that it was not given", async () => {
    const { sink, processor } = bench(
      {
        "a.ts": dagText(
          "one",
          "if (Object.keys(process.env).some((name) => name.includes('DATABASE'))) throw new Error('told');",
        ),
      },
      { environment: { PATH: process.env["PATH"] } },
    );
    await processor.start();
    expect(sink.problems.size).toBe(0);
  });
});

describe("ids that two files use", () => {
  it("stay with the first file, and the error of the second names both", async () => {
    const { sink, processor, write } = bench({ "a.ts": dagText("one") });
    await processor.start();
    write({
      "b.ts": `${dagText("two")}\nexport const again = new Dag("one", { schedule: "@daily" });\nagain.task("t", async () => 1)();\n`,
    });
    await sink.until(() => sink.problems.has("b.ts"));
    expect(sink.problems.get("b.ts")).toMatchObject({
      code: "TW_DAG_DUPLICATE_ID",
      message: expect.stringMatching(/"one" is defined in a\.ts already, and again in b\.ts \(line 7\)/),
      line: 7,
    });
    expect(sink.dags.get("one")?.relativeFile).toBe("a.ts");
    expect(sink.dags.get("two")?.relativeFile).toBe("b.ts");
  });

  it("belong to the file that a Dag file imports, whichever was read first", async () => {
    for (const [importing, imported] of [
      ["a.ts", "b.ts"],
      ["b.ts", "a.ts"],
    ] as const) {
      const { sink, processor } = bench({
        [imported]: `${dagText("one")}\nexport const shared = 1;\n`,
        [importing]: `import { shared } from "./${imported}";\n${dagText("two", "void shared;")}`,
        "0.ts": `import { shared } from "./${imported}";\n${dagText("three", "void shared;")}`,
      });
      await processor.start();
      await processor.reparse();
      expect(sink.problems.size).toBe(0);
      expect(sink.dags.get("one")?.relativeFile).toBe(imported);
      expect(sink.dags.get("two")?.relativeFile).toBe(importing);
    }
  });

  it("go to the second file when the first gives them up", async () => {
    const { sink, processor, write, folder } = bench({ "a.ts": dagText("one") });
    await processor.start();
    write({ "b.ts": dagText("one", "// of b") });
    await sink.until(() => sink.problems.has("b.ts"));
    rmSync(join(folder, "a.ts"));
    await sink.until(() => sink.dags.get("one")?.relativeFile === "b.ts");
    expect(sink.problems.size).toBe(0);
  });
});

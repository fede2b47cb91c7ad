/** Values that Python wrote, as TypeScript reads them, and the other way round. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { XComValue } from "../../src/runtime/protocol.ts";
import { decodeValue, encodeValue } from "../../src/runtime/xcom-values.ts";
import { temporaryFolder } from "../examples/temporary-folder.ts";
import { describePython, hasPackages, requirePython } from "./find-python.ts";

const task = { dagId: "d", taskId: "t", runId: "r", mapIndex: -1, tryNumber: 1, attemptId: "a" };

function python(program: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(requirePython(), ["-c", program, ...args], {
    cwd: join(import.meta.dirname, "../../python"),
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

const encode = `
import datetime, decimal, json, pathlib, sys, uuid
from tradewind.xcom import ValueStore, encode_value
try:
    import numpy as np, pandas as pd
except ImportError:
    pass
task = {"dagId": "d", "runId": "r", "taskId": "t", "mapIndex": -1, "attemptId": "a"}
store = ValueStore(task, sys.argv[1], 1000)
print(json.dumps(encode_value(eval(sys.argv[2]), "key", "the result", store)))
`;
const decode = `
import json, sys
from tradewind.xcom import decode_value
value = decode_value(json.loads(sys.argv[1]))
print(eval(sys.argv[2]))
`;

async function fromPython(expression: string): Promise<unknown> {
  return decodeValue(JSON.parse(python(encode, await temporaryFolder(), expression)) as XComValue);
}

async function toPython(value: unknown, expression: string): Promise<string> {
  const artifactRoot = await temporaryFolder();
  const encoded = await encodeValue(value, "key", "the result", { artifactRoot, inlineLimit: 1000, task });
  return python(decode, JSON.stringify(encoded), expression).trim();
}

const frames = hasPackages("pandas", "pyarrow");

describePython("values between Python and TypeScript", { timeout: 60_000 }, () => {
  it("that JSON has no word for come as what is nearest", async () => {
    const value = await fromPython(`{
      "at": datetime.datetime(2024, 2, 29, 12, tzinfo=datetime.timezone.utc), "day": datetime.date(2024, 2, 29),
      "big": 2**70, "nan": float("nan"), "bytes": b"\\x00\\xff", "set": {1, 2}, "tuple": (1, "a"),
      "money": decimal.Decimal("1.10"), "path": pathlib.Path("a/b"), "plain": [1, None], "step": datetime.timedelta(minutes=1)}`);
    expect(value).toEqual({
      at: new Date("2024-02-29T12:00:00Z"),
      day: "2024-02-29",
      big: 2n ** 70n,
      nan: Number.NaN,
      bytes: new Uint8Array([0, 255]),
      set: new Set([1, 2]),
      tuple: [1, "a"],
      money: "1.10",
      path: "a/b",
      plain: [1, null],
      step: 60,
    });
  });

  it.skipIf(!frames)("frames come as rows, series as values, arrays as typed arrays", async () => {
    expect(
      await fromPython(`pd.DataFrame({"n": [1, 2], "x": [0.5, None], "s": ["a", None], "b": [True, False]})`),
    ).toEqual([
      { n: 1, x: 0.5, s: "a", b: true },
      { n: 2, x: null, s: null, b: false },
    ]);
    expect(await fromPython(`pd.Series([1.5, 2.5], name="x")`)).toEqual([1.5, 2.5]);
    expect(await fromPython("np.arange(3, dtype='float32')")).toEqual(new Float32Array([0, 1, 2]));
    expect(await fromPython("np.arange(4.0).reshape(2, 2)")).toEqual([
      new Float64Array([0, 1]),
      new Float64Array([2, 3]),
    ]);
    const inside = await fromPython(`{"frame": pd.DataFrame({"n": [2**60]}), "word": "a"}`);
    expect(inside).toEqual({ frame: [{ n: 2n ** 60n }], word: "a" });
  });

  it.skipIf(!frames)("tables of tradewind/ml go as frames of pandas", async () => {
    // Types of tradewind/ml are checked by other settings.
    const ml = (await import(join(import.meta.dirname, "../../src/ml/data/table.ts"))) as {
      Table: { from(columns: object): unknown };
    };
    const table = ml.Table.from({ sepal: [5.1, 4.9], species: ["setosa", "virginica"] });
    expect(await toPython(table, "value.dtypes.astype(str).to_dict()['sepal'], value.to_dict('list')")).toBe(
      "('float64', {'sepal': [5.1, 4.9], 'species': ['setosa', 'virginica']})",
    );
    expect(await toPython(new Float32Array([1, 2]), "value.dtype.name, value.tolist()")).toBe(
      "('float32', [1.0, 2.0])",
    );
  });

  it("that are pickled are refused, with the place and the reason", async () => {
    const ref = { uri: "file:///nowhere/model.joblib", bytes: 1, mediaType: "application/vnd.python.joblib" };
    await expect(decodeValue({ ref })).rejects.toMatchObject({ code: "TW_XCOM_VALUE" });
  });
});

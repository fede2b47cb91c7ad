/** What is asked of models, in each form that clients send, and what is refused. */
import { describe, expect, it } from "vitest";
import { metadataOf, rowsOf, tensorsOf } from "../../../src/ml/serving/inference-protocol.ts";
import { parseCsvInvocation, parseInvocation } from "../../../src/ml/serving/invocation-body.ts";
import { enforceSignature, parseSignature } from "../../../src/ml/serving/signature.ts";

const abc = parseSignature(
  JSON.stringify([
    { type: "double", name: "a", required: true },
    { type: "long", name: "b", required: true },
    { type: "string", name: "c", required: false },
  ]),
);

describe("/invocations", () => {
  const rows = [
    [1.5, 2, "x"],
    [2.5, 3, "y"],
  ];
  it.each([
    [
      {
        dataframe_split: {
          columns: ["c", "b", "a"],
          data: [
            ["x", 2, 1.5],
            ["y", 3, 2.5],
          ],
        },
      },
    ],
    [
      {
        dataframe_records: [
          { b: 2, a: 1.5, c: "x" },
          { a: 2.5, b: 3, c: "y" },
        ],
      },
    ],
    [
      {
        instances: [
          { a: 1.5, b: 2, c: "x" },
          { a: 2.5, b: 3, c: "y" },
        ],
      },
    ],
    [{ instances: rows }],
    [{ inputs: { a: [1.5, 2.5], b: [[2], [3]], c: ["x", "y"] } }],
    [{ inputs: rows }],
  ])("brings %j into the signature's order", (body) => {
    const { input } = parseInvocation(body);
    expect(enforceSignature(abc, input)).toEqual({ columns: ["a", "b", "c"], rows });
  });

  it("reads CSV with its header, and empty fields as missing", async () => {
    const { input } = await parseCsvInvocation("b,a,c\n2,1.5,x\n3,2.5,\n");
    expect(enforceSignature(abc, input).rows).toEqual([
      [1.5, 2, "x"],
      [2.5, 3, null],
    ]);
  });

  it("keeps params beside the rows", () => {
    expect(parseInvocation({ inputs: [1], params: { predict_method: "predict_proba" } }).params).toEqual({
      predict_method: "predict_proba",
    });
  });

  it.each([
    [
      [1, 2],
      "expected a JSON object with exactly one of dataframe_split, dataframe_records, instances, inputs, got a list",
    ],
    [{ rows: [] }, "got rows"],
    [{ inputs: [], instances: [] }, "got instances and inputs"],
    [
      { dataframe_split: { columns: ["a"], data: [[1, 2]] } },
      "dataframe_split.data[0]: expected 1 values, got 2",
    ],
    [{ dataframe_records: [1] }, "dataframe_records[0]: expected an object, got a number"],
    [{ inputs: { a: [1, 2], b: [1] } }, "inputs.b: expected 2 values, as a has, got 1"],
    [{ inputs: [1], params: 3 }, "params: expected an object, got a number"],
  ])("refuses %j", (body, message) => {
    expect(() => parseInvocation(body)).toThrow(message);
  });
});

describe("signature", () => {
  const enforce = (rows: unknown[][], columns = ["a", "b"]) => enforceSignature(abc, { columns, rows });

  it("names the missing columns as MLflow does", () => {
    expect(() => enforce([[1]], ["a"])).toThrow("Model is missing inputs ['b'].");
  });

  it("names the column and row of a value of another type", () => {
    expect(() =>
      enforce([
        [1, 2],
        ["x", 2],
      ]),
    ).toThrow(
      "Data is not compatible with model signature. Failed to convert column a to type 'float64': got \"x\" in row 1.",
    );
    expect(() => enforce([[1, 2.5]])).toThrow(
      "Failed to convert column b to type 'int64': got 2.5 in row 0.",
    );
  });

  it("lets a gap in a column of floats be NaN, and refuses one in a column of integers", () => {
    expect(enforce([[null, 2]]).rows).toEqual([[Number.NaN, 2, null]]);
    expect(() => enforce([[1, null]])).toThrow("got a missing value in row 0");
  });

  it("drops columns that the model does not know", () => {
    expect(enforce([[9, 1, 2]], ["z", "a", "b"]).rows).toEqual([[1, 2, null]]);
  });

  it("takes rows of an unnamed tensor by their width", () => {
    const tensor = parseSignature(
      '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 2]}}]',
    );
    expect(enforceSignature(tensor, { columns: null, rows: [[1, 2]] }).rows).toEqual([[1, 2]]);
    expect(() => enforceSignature(tensor, { columns: null, rows: [[1, 2], [1]] })).toThrow(
      "expected 2 values in each row, got 1 in row 1",
    );
  });
});

describe("Open Inference Protocol", () => {
  const fp = (name: string, shape: number[], data: unknown[]) => ({
    name,
    shape,
    datatype: "FP64" as const,
    data,
  });

  it("reads one tensor of rows, flat or nested, and one tensor for each column", () => {
    const expected = [
      [1, 2],
      [3, 4],
    ];
    expect(rowsOf([fp("x", [2, 2], [1, 2, 3, 4])]).rows).toEqual(expected);
    expect(rowsOf([fp("x", [2, 2], expected)]).rows).toEqual(expected);
    expect(rowsOf([fp("a", [2, 1], [1, 3]), fp("b", [2], [2, 4])])).toEqual({
      columns: ["a", "b"],
      rows: expected,
    });
  });

  it("refuses data that its shape does not fit", () => {
    expect(() => rowsOf([fp("x", [2, 2], [1, 2, 3])])).toThrow(
      "x: expected 4 values for the shape [2, 2], got 3",
    );
    expect(() => rowsOf([fp("a", [2], [1, 2]), fp("b", [1], [1])])).toThrow(
      "b: expected 2 values, as a has, got 1",
    );
  });

  it("answers tensors with their types, and only those that were asked for", () => {
    const prediction = {
      predictions: [1, 2],
      more: {
        probabilities: [
          [0.1, 0.9],
          [0.8, 0.2],
        ],
      },
    };
    expect(tensorsOf(prediction, null)).toEqual([
      { name: "predict", shape: [2, 1], datatype: "INT64", data: [1, 2] },
      { name: "probabilities", shape: [2, 2], datatype: "FP64", data: [0.1, 0.9, 0.8, 0.2] },
    ]);
    expect(tensorsOf({ predictions: ["no"], more: {} }, ["predict"])[0]?.datatype).toBe("BYTES");
    expect(() => tensorsOf(prediction, ["nope"])).toThrow(
      "outputs: expected predict or probabilities, got nope",
    );
  });

  it("tells what a model takes", () => {
    expect(metadataOf(abc)).toEqual([
      { name: "a", datatype: "FP64", shape: [-1, 1] },
      { name: "b", datatype: "INT64", shape: [-1, 1] },
      { name: "c", datatype: "BYTES", shape: [-1, 1] },
    ]);
  });
});

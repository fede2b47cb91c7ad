import { describe, expect, it } from "vitest";
import { rowsOf, spansOf } from "../../ui/src/pages/ml/trace-spans.ts";

/** As the server keeps what came over OpenTelemetry. */
const kept = [
  {
    span_id: "AAAAAAAAAAE=",
    name: "answer",
    start_time_unix_nano: "1700000000000000000",
    end_time_unix_nano: "1700000000250000000",
    status: { code: "STATUS_CODE_OK" },
    attributes: [
      { key: "mlflow.spanType", value: { string_value: '"CHAIN"' } },
      { key: "mlflow.spanInputs", value: { string_value: '{"question": "why?"}' } },
      { key: "tokens", value: { int_value: "12" } },
      { key: "tags", value: { array_value: { values: [{ string_value: "a" }, { bool_value: true }] } } },
    ],
  },
  {
    span_id: "AAAAAAAAAAI=",
    parent_span_id: "AAAAAAAAAAE=",
    name: "retrieve",
    start_time_unix_nano: "1700000000010500000",
    end_time_unix_nano: "1700000000020000000",
    status: { code: "STATUS_CODE_ERROR", message: "no index" },
    events: [{ name: "exception", time_unix_nano: "1700000000015000000", attributes: [] }],
  },
];

/** As a client of 2.x writes them into `traces.json`. */
const written = [
  {
    name: "answer",
    context: { span_id: "0x1", trace_id: "0xa" },
    parent_id: null,
    start_time: 1700000000000000000,
    end_time: 1700000000250000000,
    status_code: "OK",
    attributes: { "mlflow.spanType": '"CHAIN"', "mlflow.spanOutputs": '"because"' },
  },
  {
    name: "retrieve",
    context: { span_id: "0x2", trace_id: "0xa" },
    parent_id: "0x1",
    start_time: 1700000000010000000,
    end_time: null,
    status_code: "UNSET",
    attributes: {},
  },
];

describe("spans of a trace", () => {
  it("are read as the server keeps them: typed values, times from the start, and why one failed", () => {
    const [root, child] = spansOf(kept);
    expect(root).toMatchObject({
      name: "answer",
      parentId: null,
      type: "CHAIN",
      start: 0,
      took: 250,
      isFailed: false,
    });
    expect(root?.inputs).toEqual({ question: "why?" });
    expect(root?.attributes).toEqual({ tokens: 12, tags: ["a", true] });
    expect(child).toMatchObject({ start: 10.5, took: 9.5, isFailed: true, message: "no index" });
    expect(child?.events).toEqual([{ name: "exception", at: 15, attributes: {} }]);
  });

  it("are read from the file of an older client", () => {
    const [root, child] = spansOf(written);
    expect(root).toMatchObject({ id: "0x1", type: "CHAIN", outputs: "because" });
    // Nanoseconds of our time, as numbers, are exact to 256.
    expect(root?.took).toBeCloseTo(250, 2);
    expect(child).toMatchObject({ id: "0x2", parentId: "0x1", took: null });
    expect(child?.start).toBeCloseTo(10, 2);
  });

  it("stand under their parents, folded where somebody folded them, and an orphan at the top", () => {
    const spans = spansOf([
      ...kept,
      {
        span_id: "orphan",
        parent_span_id: "gone",
        name: "late",
        start_time_unix_nano: "1700000000300000000",
      },
    ]);
    const shape = (folded: string[]) =>
      rowsOf(spans, new Set(folded)).map(({ span, depth }) => `${depth} ${span.name}`);
    expect(shape([])).toEqual(["0 answer", "1 retrieve", "0 late"]);
    expect(shape(["AAAAAAAAAAE="])).toEqual(["0 answer", "0 late"]);
  });

  it("end also where spans name each other as parents", () => {
    const circle = spansOf([
      { span_id: "a", parent_span_id: "b", name: "a" },
      { span_id: "b", parent_span_id: "a", name: "b" },
    ]);
    expect(rowsOf(circle, new Set())).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import {
  connectionKinds,
  type ExtraField,
  extraText,
  extraValue,
  otherExtra,
  readExtra,
} from "../../ui/src/pages/connection-kinds.ts";

const kinds = connectionKinds(((text: string) => text) as never);

describe("the extra of a connection", () => {
  it("is an object, or nothing", () => {
    expect(readExtra(null)).toEqual({});
    expect(readExtra(" ")).toEqual({});
    expect(readExtra('{"a": 1}')).toEqual({ a: 1 });
    for (const text of ["[1]", "1", "null", "{"]) expect(readExtra(text)).toBeNull();
  });

  it("comes back from its fields as it was", () => {
    const extra = { region_name: "eu-west-1", role_arn: "arn", config_kwargs: { a: [1] } };
    const fields = kinds["aws"]?.extra ?? [];
    const typed = fields.flatMap((field): [string, unknown][] => {
      const value = extraValue(field, extraText(extra[field.name as keyof typeof extra]));
      return value === undefined ? [] : [[field.name, value]];
    });
    expect({ ...readExtra(otherExtra(extra, fields)), ...Object.fromEntries(typed) }).toEqual(extra);
  });

  it("has numbers, flags and objects of their own types", () => {
    const field = (kind: ExtraField["kind"]): ExtraField => ({ name: "one", label: "One", kind });
    expect(extraValue(field("number"), "30")).toBe(30);
    expect(extraValue(field("flag"), "on")).toBe(true);
    expect(extraValue(field("json"), '{"accept": "text/html"}')).toEqual({ accept: "text/html" });
    expect(extraValue(field("text"), " ")).toBeUndefined();
  });
});

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { FrameDecoder } from "../../src/runtime/frames.ts";
import { protocolSchema } from "../../src/runtime/protocol-schema.ts";
import { startTask } from "./workload.ts";

const root = join(import.meta.dirname, "..", "..");
const schema = JSON.parse(readFileSync(join(root, "docs", "protocol.schema.json"), "utf8")) as object;

describe("docs/protocol.schema.json", () => {
  const ajv = new Ajv2020({ strict: false });
  ajv.addSchema(schema, "protocol");
  const errorsOf = (part: string, message: unknown) => {
    const validate = ajv.getSchema(`protocol#/$defs/${part}`);
    if (validate === undefined) throw new Error(`no part ${part}`);
    return validate(message) ? [] : validate.errors;
  };

  it("is drawn from the schemas that the compiler holds equal to the types", () => {
    expect(schema).toEqual(JSON.parse(JSON.stringify(protocolSchema())));
  });

  it("accepts a start message, and fields that it does not know", () => {
    const start = startTask("a", { do: "succeed" });
    expect(errorsOf("SupervisorMessage", start)).toEqual([]);
    expect(errorsOf("SupervisorMessage", { ...start, later: 1 })).toEqual([]);
  });

  it("refuses a result without an attempt, and an unknown level", () => {
    const result = { type: "result", result: { outcome: "success" }, xcoms: [] };
    expect(errorsOf("ChildMessage", result)).not.toEqual([]);
    expect(errorsOf("ChildMessage", { ...result, attemptId: "a" })).toEqual([]);
    expect(errorsOf("ChildMessage", { type: "log", level: "loud", message: "m", time: "t" })).not.toEqual([]);
  });

  it("accepts what the TypeScript child sends", async () => {
    const child = spawn(process.execPath, [join(root, "src", "runtime", "child.ts")], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    const stream = child.stdio[3] as Duplex;
    const decoder = new FrameDecoder();
    const first = await new Promise((resolve) => {
      stream.on("data", (chunk: Buffer) => decoder.push(chunk, resolve));
    });
    child.kill("SIGKILL");
    expect(errorsOf("ChildMessage", first)).toEqual([]);
    expect(first).toMatchObject({ type: "ready" });
  });
});

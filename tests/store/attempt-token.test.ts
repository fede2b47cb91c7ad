import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isAttemptToken, readAttemptToken, signAttemptToken } from "../../src/store/attempt-token.ts";
import { loadSecrets } from "../../src/store/secrets.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tradewind-token-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const key = { runPk: 7, taskId: "train.äö", mapIndex: -1, attemptId: "0193-a" };
const home = (name: string) => loadSecrets(join(folder, name));

describe("the token of an attempt", () => {
  it("is read by another process of the installation", () => {
    const token = signAttemptToken(home("a"), key);
    expect(isAttemptToken(token)).toBe(true);
    expect(readAttemptToken(home("a"), token)).toEqual(key);
  });

  it("is still read when a new key stands before the one that signed it", () => {
    const token = signAttemptToken(home("a"), key);
    const file = join(folder, "a");
    const old = readFileSync(file, "utf8");
    writeFileSync(file, `${Buffer.alloc(32, 1).toString("base64")}\n`);
    appendFileSync(file, old);
    expect(readAttemptToken(home("a"), token)).toEqual(key);
  });

  it("is refused with another home's key, with other content, cut short, and without a code", () => {
    const token = signAttemptToken(home("a"), key);
    const [, code] = token.split(".");
    const other = Buffer.from(JSON.stringify([8, "train.äö", -1, "0193-a"])).toString("base64url");
    expect(readAttemptToken(home("b"), token)).toBeNull();
    for (const forged of [
      `twa_${other}.${code}`,
      token.slice(0, -2),
      token.split(".")[0] ?? "",
      "twa_",
      "twa_.",
      "x",
    ])
      expect(readAttemptToken(home("a"), forged)).toBeNull();
  });
});

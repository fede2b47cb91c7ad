import { appendFileSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { AttemptLog, type AttemptLogOptions } from "../../src/logs/attempt-log.ts";
import type { LogRecord } from "../../src/logs/log-record.ts";
import { followLog, readLog } from "../../src/logs/read-log.ts";
import { SecretMasker } from "../../src/logs/secret-masker.ts";
import { systemClock } from "../../src/time.ts";

const folder = (): string => mkdtempSync(join(tmpdir(), "tradewind-logs-"));

function fail(error: Error): void {
  throw error;
}

function line(n: number): string {
  return `${JSON.stringify({ time: "t", level: "info", logger: "l", message: `${n}` })}\n`;
}

function openLog(
  in_: string,
  options: Partial<AttemptLogOptions> = {},
  path = "dag_id=d/run_id=r/attempt=1.log",
) {
  return new AttemptLog(in_, path, {
    clock: systemClock,
    masker: new SecretMasker(),
    maxBytes: 1e9,
    onError: fail,
    ...options,
  });
}

const messages = (records: readonly LogRecord[]): string[] => records.map(({ message }) => message);

describe("AttemptLog", () => {
  it("writes JSON lines with time, level, logger, message and fields", async () => {
    const log = openLog(folder());
    log.write("warning", "task", "low memory", {
      time: "2026-01-31T08:00:00.000Z",
      fields: { free: 12, time: 3 },
    });
    log.close();
    expect((await readLog(log.path)).records).toEqual([
      {
        time: "2026-01-31T08:00:00.000Z",
        level: "warning",
        logger: "task",
        message: "low memory",
        free: 12,
        time_: 3,
      },
    ]);
  });

  it("makes no file when nothing is logged", async () => {
    const log = openLog(folder());
    log.close();
    expect(statSync(log.path, { throwIfNoEntry: false })).toBeUndefined();
    expect(await readLog(log.path)).toEqual({ records: [], next: 0, atEnd: true });
  });

  it("adds to the file of the same attempt after a deferral", async () => {
    const home = folder();
    for (const message of ["before", "after"]) {
      const log = openLog(home);
      log.write("info", "task", message);
      log.close();
    }
    expect(messages((await readLog(openLog(home).path)).records)).toEqual(["before", "after"]);
  });

  it("keeps odd characters: NUL, escapes, lone surrogates, line separators", async () => {
    const text = '\u0000\u001b[31mred\u001b[0m \ud800 \u2028 \t\\ "';
    const log = openLog(folder());
    log.write("info", "task", text);
    log.close();
    expect(messages((await readLog(log.path)).records)).toEqual([text]);
  });

  it("cuts at the limit with a line that says so, and says how much is missing", async () => {
    const log = openLog(folder(), { maxBytes: 10_000 });
    for (let i = 0; i < 1000; i++) log.write("info", "task", `line ${i} ${"x".repeat(100)}`);
    log.close();
    const { records } = await readLog(log.path);
    expect(statSync(log.path).size).toBeLessThan(11_000);
    expect(records.at(-2)?.message).toMatch(/limit of 10000 bytes/);
    expect(records.at(-1)?.message).toBe(
      `the log was cut: ${1000 - (records.length - 2)} lines were dropped`,
    );
  });

  it("reports once that a log cannot be written, and goes on", () => {
    const home = folder();
    writeFileSync(join(home, "dag_id=d"), "a file where a folder should be");
    const errors: Error[] = [];
    const log = openLog(home, { onError: (error) => errors.push(error) });
    for (let i = 0; i < 3; i++) {
      log.write("info", "task", "x");
      log.flush();
    }
    log.close();
    expect(errors).toHaveLength(1);
  });

  it("refuses a path that leads out of the log folder", () => {
    expect(() => openLog(folder(), {}, "a/../../../etc/passwd")).toThrow(/inside of the log folder/);
  });
});

describe("SecretMasker", () => {
  it("hides values in messages and fields before they reach the file", () => {
    const masker = new SecretMasker();
    masker.add(["hunter2222", "tiny"]);
    const log = openLog(folder(), { masker });
    log.write("info", "task", "login with hunter2222, tiny stays", {
      fields: { url: "x://u:hunter2222@h", deep: [{ api_key: 7, ok: 1 }] },
    });
    log.close();
    const text = readFileSync(log.path, "utf8");
    expect(text).toContain("login with ***, tiny stays");
    expect(text).toContain('"url":"x://u:***@h","deep":[{"api_key":"***","ok":1}]');
    expect(text).not.toContain("hunter2222");
  });

  it("hides encoded forms and each line of a secret of several lines", () => {
    const masker = new SecretMasker();
    masker.add(['p"ss w/rd', "-----BEGIN-----\nabcdefgh\n"]);
    expect(masker.mask(String.raw`{"x":"p\"ss w/rd"}`)).toBe('{"x":"***"}');
    expect(masker.mask("x://u:p%22ss%20w%2Frd@h")).toBe("x://u:***@h");
    expect(masker.mask("got abcdefgh there")).toBe("got *** there");
  });

  it("hides a secret that contains another one as a whole", () => {
    const masker = new SecretMasker();
    masker.add(["secret", "secret-and-more"]);
    expect(masker.mask("a secret-and-more b")).toBe("a *** b");
  });

  it("registers what stands under sensitive names, within JSON text too, and names of one's own", () => {
    const masker = new SecretMasker(["iban"]);
    masker.addFrom({
      login: "alice",
      password: "swordfish",
      extra: '{"aws_secret_access_key":"AKIA12345"}',
      iban: "DE0012",
    });
    expect(masker.mask("alice swordfish AKIA12345 DE0012")).toBe("alice *** *** ***");
  });

  it("takes patterns in a secret as text", () => {
    const masker = new SecretMasker();
    masker.add(["a.*(b)[c]|d$^-/"]);
    expect(masker.mask("x a.*(b)[c]|d$^-/ y axxb")).toBe("x *** y axxb");
  });
});

describe("readLog", () => {
  it("reads page by page, and leaves an unfinished line for later", async () => {
    const path = join(folder(), "a.log");
    writeFileSync(path, [1, 2, 3].map(line).join("") + line(4).slice(0, 10));
    const first = await readLog(path, { limit: 2 });
    expect(messages(first.records)).toEqual(["1", "2"]);
    const second = await readLog(path, { from: first.next });
    expect(messages(second.records)).toEqual(["3"]);
    appendFileSync(path, line(4).slice(10));
    expect(messages((await readLog(path, { from: second.next })).records)).toEqual(["4"]);
  });

  it("reads lines longer than its buffer, cut inside of a character", async () => {
    const path = join(folder(), "a.log");
    const message = `${"é€😀".repeat(100_000)}`;
    writeFileSync(path, `${JSON.stringify({ time: "t", level: "info", logger: "l", message })}\nnot json\n`);
    expect(messages((await readLog(path)).records)).toEqual([message, "not json"]);
  });
});

describe("followLog", () => {
  it("yields what is there, then what is written, until told to stop", async () => {
    const home = folder();
    const stop = new AbortController();
    const log = openLog(home);
    const seen: string[] = [];
    for await (const { message } of startFollowing()) {
      seen.push(message);
      if (message === "end") stop.abort();
      else writeMore();
    }
    expect(seen).toEqual(["first", "second", "third", "end"]);

    function startFollowing() {
      // The file is not there yet: nor its folder.
      const records = followLog(log.path, stop.signal);
      queueMicrotask(() => log.write("info", "task", "first"));
      return records;
    }
    function writeMore(): void {
      const next = ["second", "third", "end"][seen.length - 1];
      if (next === undefined) return;
      log.write("info", "task", next);
      if (next === "end") log.close();
    }
  });

  it("ends while it waits", async () => {
    const records = followLog(join(folder(), "never.log"), AbortSignal.timeout(20));
    expect(await records.next()).toEqual({ done: true, value: undefined });
  });
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { type ParsedMail, simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { Dag, EmailOperator, SmtpNotifier } from "../../src/index.ts";
import { testTask } from "../../src/testing/index.ts";

const mails: (ParsedMail & { recipients: string[] })[] = [];
const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ["STARTTLS"],
  onAuth: ({ username, password }, _, done) =>
    password === "right" ? done(null, { user: username }) : done(new Error("wrong password")),
  onRcptTo: ({ address }, _, done) =>
    address.startsWith("nobody@") ? done(new Error("no such user")) : done(),
  onData(stream, session, done) {
    void received(
      stream,
      session.envelope.rcptTo.map(({ address }) => address),
    ).finally(() => done());
  },
});
async function received(stream: Readable, recipients: string[]): Promise<void> {
  mails.push(Object.assign(await simpleParser(stream), { recipients }));
}

let port = 0;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ({ port } = server.server.address() as AddressInfo);
});
afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));
beforeEach(() => {
  mails.length = 0;
});

const smtp = (more: object = {}) => ({
  smtp_default: { type: "smtp", host: "127.0.0.1", port, extra: { from_email: "flow@example.com" }, ...more },
});

function send(
  options: Omit<ConstructorParameters<typeof EmailOperator>[0], "taskId">,
  connections: object = smtp(),
) {
  const dag = new Dag("mails");
  dag.add(new EmailOperator({ taskId: "send", ...options }));
  return testTask(dag, "send", {
    connections: connections as ReturnType<typeof smtp>,
    logicalDate: "2024-02-28T06:30:00Z",
  });
}

describe("EmailOperator", () => {
  it("sends text, HTML, copies and files, all of them rendered", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tw-mail-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "2024-02-28.csv"), "a,b");
    const result = await send({
      to: "one@example.com; two@example.com",
      subject: "{{ dag.dag_id }} of {{ ds }}",
      htmlContent: "<b>{{ params.greeting | default('hello') }} grüß</b>",
      textContent: "plain",
      cc: ["three@example.com"],
      bcc: "four@example.com",
      files: [join(folder, "{{ ds }}.csv")],
      customHeaders: { "X-Team": "ml" },
    });
    expect(result).toMatchObject({ outcome: "success" });
    const [mail] = mails;
    expect(mail).toMatchObject({
      subject: "mails of 2024-02-28",
      text: "plain",
      html: "<b>hello grüß</b>",
      from: { text: "flow@example.com" },
      to: { text: "one@example.com, two@example.com" },
    });
    expect(mail?.recipients).toEqual([
      "one@example.com",
      "two@example.com",
      "three@example.com",
      "four@example.com",
    ]);
    expect(mail?.attachments.map(({ filename, content }) => [filename, content.toString()])).toEqual([
      ["2024-02-28.csv", "a,b"],
    ]);
    expect(mail?.headers.get("x-team")).toBe("ml");
    expect(mail?.headers.has("bcc")).toBe(false);
  });

  it("logs in with the connection's password", async () => {
    const login = (password: string) =>
      send(
        { to: "a@example.com", subject: "s", textContent: "t" },
        smtp({ login: "me", password, extra: { from_email: "f@example.com", disable_tls: true } }),
      );
    expect((await login("right")).outcome).toBe("success");
    expect(await login("bad")).toMatchObject({
      outcome: "failed",
      message: expect.stringContaining("wrong password"),
    });
  });

  it("says what is missing or refused", async () => {
    const mail = { to: "a@example.com", subject: "s", textContent: "t" };
    expect(await send(mail, {})).toMatchObject({
      outcome: "failed",
      message: expect.stringContaining("tradewind connections add smtp_default"),
    });
    expect(await send(mail, smtp({ extra: {} }))).toMatchObject({
      outcome: "failed",
      message: expect.stringContaining("expected a sender"),
    });
    expect(await send({ ...mail, to: "nobody@example.com" })).toMatchObject({
      outcome: "failed",
      message: expect.stringContaining("no such user"),
    });
    expect(await send(mail, smtp({ port: 1 }))).toMatchObject({
      outcome: "failed",
      message: expect.stringContaining("127.0.0.1:1"),
    });
    expect(() => new EmailOperator({ taskId: "x", to: "a@b.c", subject: "s" })).toThrow("both are missing");
  });
});

describe("mails about what happened", () => {
  const fail = () => {
    throw new Error("broke");
  };

  it("sends by SmtpNotifier, with templates or a summary", async () => {
    const dag = new Dag("mails");
    const to = "team@example.com";
    const onFailureCallback = [
      new SmtpNotifier({ to }),
      new SmtpNotifier({ to, subject: "{{ dag.dag_id }} {{ ds }}", htmlContent: "<i>{{ reason }}</i>" }),
    ];
    dag.task("work", fail, { onFailureCallback })();
    const { logs } = await testTask(dag, "work", {
      connections: smtp(),
      logicalDate: "2024-02-28T06:30:00Z",
    });
    expect(logs).toEqual([]);
    expect(mails.map(({ subject }) => subject)).toEqual(["mails.work: broke", "mails 2024-02-28"]);
    expect(mails[0]?.text).toContain("Reason: broke");
    expect(String(mails[1]?.html).trim()).toBe("<i>broke</i>");
  });

  it("sends to `email` on failure and on retry, unless told not to", async () => {
    const dag = new Dag("mails");
    dag.task("work", fail, { email: ["a@example.com", "b@example.com"], retries: 1 })();
    dag.task("quiet", fail, { email: "a@example.com", emailOnFailure: false })();
    const options = { connections: smtp(), logicalDate: "2024-02-28T06:30:00Z" };
    await testTask(dag, "work", options);
    await testTask(dag, "work", { ...options, tryNumber: 2 });
    await testTask(dag, "quiet", options);
    expect(mails.map(({ subject, recipients }) => [subject?.replace(/ \(.*/, ""), recipients])).toEqual([
      ["Tradewind alert: mails.work up for retry", ["a@example.com", "b@example.com"]],
      ["Tradewind alert: mails.work failed", ["a@example.com", "b@example.com"]],
    ]);
    expect(mails[1]?.text).toContain("Error: broke");
  });

  it("keeps the outcome when the mail cannot be sent", async () => {
    const dag = new Dag("mails");
    dag.task("work", fail, { email: "a@example.com" })();
    const { outcome, logs } = await testTask(dag, "work", {});
    expect(outcome).toBe("failed");
    expect(logs.map(({ message }) => message)).toEqual([
      expect.stringContaining("the mail about the failure was not sent"),
    ]);
  });
});

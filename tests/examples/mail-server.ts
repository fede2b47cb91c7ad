import { EventEmitter, once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Readable } from "node:stream";
import { callbackify } from "node:util";
import { type ParsedMail, simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";
import { onTestFinished } from "vitest";
import type { TestConnection } from "../../src/testing/index.ts";

/** A real SMTP server in this process; it keeps what it gets, and ends with the test. */
export async function mailServer(): Promise<{
  mails: ParsedMail[];
  connection: TestConnection;
  /** Resolves when a mail of that subject is there. */
  received(subject: string): Promise<void>;
}> {
  const mails: ParsedMail[] = [];
  const arrivals = new EventEmitter();
  const keep = async (stream: Readable): Promise<void> => {
    mails.push(await simpleParser(stream));
    arrivals.emit("mail");
  };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onData: (stream, _session, done) => callbackify(keep)(stream, done),
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const { port } = server.server.address() as AddressInfo;
  const extra = { from_email: "tradewind@example.com", disable_tls: true };
  const received = async (subject: string): Promise<void> => {
    while (!mails.some((mail) => mail.subject === subject)) await once(arrivals, "mail");
  };
  return { mails, received, connection: { type: "smtp", host: "127.0.0.1", port, extra } };
}

import type { AddressInfo } from "node:net";
import { type ParsedMail, simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";
import { onTestFinished } from "vitest";
import type { TestConnection } from "../../src/testing/index.ts";

/** A real SMTP server in this process; it keeps what it gets, and ends with the test. */
export async function mailServer(): Promise<{
  mails: ParsedMail[];
  port: number;
  connection: TestConnection;
}> {
  const mails: ParsedMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onData(stream, _session, done) {
      simpleParser(stream).then((mail) => {
        mails.push(mail);
        done();
      }, done);
    },
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const { port } = server.server.address() as AddressInfo;
  const extra = { from_email: "tradewind@example.com", disable_tls: true };
  return { mails, port, connection: { type: "smtp", host: "127.0.0.1", port, extra } };
}

/** `tradewind providers list`: what is built in. */
import type { Command } from "commander";
import { version } from "../version.ts";
import { type GlobalFlags, openSession, withGlobalFlags, withOutput } from "./session.ts";

interface Provider {
  readonly name: string;
  readonly connectionType: string;
  readonly description: string;
}

const providers: readonly Provider[] = [
  { name: "bash", connectionType: "", description: "BashOperator, BashSensor" },
  { name: "files", connectionType: "fs", description: "FileSensor" },
  { name: "http", connectionType: "http", description: "HttpHook, HttpOperator, HttpSensor" },
  {
    name: "postgres",
    connectionType: "postgres",
    description: "PostgresHook, SQL operators, checks and sensor",
  },
  { name: "smtp", connectionType: "smtp", description: "SmtpHook, EmailOperator, mail on failure and retry" },
];

export function addProvidersCommands(root: Command): void {
  const group = root.command("providers").description("outside systems that tasks can speak to");
  withOutput(withGlobalFlags(group.command("list")))
    .description("all of them; they are part of Tradewind")
    .action((flags: GlobalFlags) =>
      openSession(flags).rows(
        providers.map(({ name, connectionType, description }) => ({
          provider: name,
          version,
          connection_type: connectionType,
          description,
        })),
      ),
    );
}

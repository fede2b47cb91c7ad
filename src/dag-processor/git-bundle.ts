/**
 * A checkout of a Git repository, brought up to its ref by the `git` command. What a user or a server must not see
 * (passwords, tokens, keys) goes to `git` by its environment and never into an error.
 */
import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TradewindError } from "../errors.ts";
import type { ConnectionAnswer } from "../runtime/protocol.ts";
import type { GitBundleSpec } from "./bundle-config.ts";

export interface GitBundleHost {
  /** Folder for the checkouts of all bundles. */
  readonly bundlesFolder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  connection(connId: string): Promise<ConnectionAnswer | null>;
}

interface Access {
  readonly url: string;
  readonly env: { readonly [name: string]: string };
  /** What is taken out of messages. */
  readonly secrets: readonly string[];
}

/** Longest that one command may take. */
const timeoutMs = 600_000;

export class GitBundle {
  readonly spec: GitBundleSpec;
  readonly #host: GitBundleHost;
  readonly #checkout: string;

  constructor(spec: GitBundleSpec, host: GitBundleHost) {
    this.spec = spec;
    this.#host = host;
    this.#checkout = join(host.bundlesFolder, spec.name, "checkout");
  }

  /** The Dags folder; it is there after the first `refresh`. */
  get folder(): string {
    return join(this.#checkout, this.spec.subdir);
  }

  /**
   * Fetches the ref and checks it out. Files that did not change are not touched.
   *
   * @returns the commit.
   * @throws TradewindError TW_BUNDLE_GIT; what was checked out before stays.
   */
  async refresh(): Promise<string> {
    const access = await this.#access();
    await mkdir(this.#checkout, { recursive: true });
    await this.#git(access, "init", "--quiet");
    await this.#git(access, "fetch", "--quiet", "--depth=1", "--force", access.url, this.spec.trackingRef);
    await this.#git(access, "checkout", "--quiet", "--force", "--detach", "FETCH_HEAD");
    if (this.spec.submodules)
      await this.#git(access, "submodule", "update", "--quiet", "--init", "--recursive", "--depth=1");
    return (await this.#git(access, "rev-parse", "HEAD")).trim();
  }

  async #access(): Promise<Access> {
    const { connId, repoUrl, name } = this.spec;
    if (connId === null) return accessOf(repoUrl ?? "", null, {});
    const connection = await this.#host.connection(connId);
    if (connection === null)
      throw new TradewindError("TW_BUNDLE_GIT", `bundle "${name}": there is no connection "${connId}"`);
    const url = repoUrl ?? connection.host;
    if (url === null)
      throw new TradewindError(
        "TW_BUNDLE_GIT",
        `bundle "${name}": expected the connection "${connId}" to have the repository's address as host`,
      );
    return accessOf(url, connection, await this.#key(connection));
  }

  /** The command for SSH with the connection's key, of a file or of its own text. */
  async #key(connection: ConnectionAnswer): Promise<{ [name: string]: string }> {
    const extra = extraOf(connection);
    const text = extra["private_key"];
    let file = extra["key_file"];
    if (typeof text === "string") {
      file = join(this.#host.bundlesFolder, this.spec.name, "key");
      await mkdir(join(this.#host.bundlesFolder, this.spec.name), { recursive: true });
      await writeFile(file as string, `${text.trimEnd()}\n`, { mode: 0o600 });
    }
    const strict = extra["strict_host_key_checking"] ?? "no";
    const identity = typeof file === "string" ? ` -i ${quoted(file)} -o IdentitiesOnly=yes` : "";
    return { GIT_SSH_COMMAND: `ssh${identity} -o BatchMode=yes -o StrictHostKeyChecking=${String(strict)}` };
  }

  #git(access: Access, ...args: readonly string[]): Promise<string> {
    const env = { ...this.#host.environment, ...access.env, GIT_TERMINAL_PROMPT: "0" } as NodeJS.ProcessEnv;
    const options = { cwd: this.#checkout, env, timeout: timeoutMs, maxBuffer: 16 * 1024 * 1024 };
    return new Promise((resolve, reject) => {
      execFile("git", args, options, (error, stdout, stderr) => {
        if (error === null) return resolve(stdout);
        reject(this.#failed(access, args[0] ?? "", error, stderr));
      });
    });
  }

  #failed({ url, secrets }: Access, command: string, error: Error, stderr: string): TradewindError {
    const isAbsent = (error as NodeJS.ErrnoException).code === "ENOENT";
    const said = stderr.trim().split("\n").slice(-3).join("; ");
    let message = `bundle "${this.spec.name}": git ${command} of ${withoutLogin(url)} failed: ${said === "" ? error.message : said}`;
    for (const secret of secrets) message = message.replaceAll(secret, "***");
    const hint = isAbsent
      ? "the command git is not installed"
      : /Authentication|could not read|denied|403|401/i.test(said)
        ? "the connection's login and password (a token), or its key, do not fit"
        : /couldn't find remote ref|not our ref/i.test(said)
          ? `tracking_ref is ${this.spec.trackingRef}`
          : undefined;
    return new TradewindError("TW_BUNDLE_GIT", message, { hint });
  }
}

function accessOf(url: string, connection: ConnectionAnswer | null, env: { [name: string]: string }): Access {
  const inUrl = /^https?:\/\/(?<login>[^/@]+)@/.exec(url)?.groups?.["login"];
  const secrets = inUrl === undefined ? [] : [inUrl, ...inUrl.split(":").slice(1)];
  const password = connection?.password ?? null;
  if (password === null || !/^https?:/.test(url)) return { url, env, secrets };
  const header = Buffer.from(`${connection?.login ?? "user"}:${password}`).toString("base64");
  return {
    url,
    env: {
      ...env,
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "http.extraHeader",
      GIT_CONFIG_VALUE_0: `Authorization: Basic ${header}`,
    },
    secrets: [...secrets, password, header],
  };
}

function extraOf({ extra }: ConnectionAnswer): { [key: string]: unknown } {
  try {
    return (JSON.parse(extra ?? "{}") ?? {}) as { [key: string]: unknown };
  } catch {
    return {};
  }
}

function withoutLogin(url: string): string {
  return url.replace(/\/\/[^/@]+@/, "//***@");
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}

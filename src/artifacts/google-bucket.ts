/** A bucket of Google Cloud Storage, listed, read and written by its JSON API. */
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { storeFailed } from "./artifact-store.ts";
import type { GoogleTokens } from "./google-tokens.ts";

export interface GoogleBucketSettings {
  readonly bucket: string;
  /** Before every key, without slashes at its ends; may be empty. */
  readonly prefix: string;
  /** `https://storage.googleapis.com`, or that of an emulator. */
  readonly endpoint: string;
  /** Null: asked as nobody, which public buckets and emulators allow. */
  readonly tokens: GoogleTokens | null;
}

interface Listed {
  readonly items?: readonly {
    readonly name: string;
    readonly md5Hash?: string;
    readonly crc32c?: string;
    readonly etag: string;
  }[];
  readonly nextPageToken?: string;
}

export class GoogleBucket {
  readonly #settings: GoogleBucketSettings;

  constructor(settings: GoogleBucketSettings) {
    this.#settings = settings;
  }

  /**
   * All below the prefix, however deep; keys count from it. The etag is the object's digest, since Google's own changes
   * with its metadata, too.
   */
  async objects(): Promise<{ key: string; etag: string }[]> {
    const prefix = this.#settings.prefix === "" ? "" : `${this.#settings.prefix}/`;
    const found: { key: string; etag: string }[] = [];
    let pageToken: string | undefined;
    do {
      const page = await this.#page(prefix, pageToken);
      for (const { name, md5Hash, crc32c, etag } of page.items ?? [])
        found.push({ key: name.slice(prefix.length), etag: md5Hash ?? crc32c ?? etag });
      pageToken = page.nextPageToken;
    } while (pageToken !== undefined);
    return found;
  }

  /** Null when it is gone by now. */
  async read(key: string): Promise<Readable | null> {
    const { prefix } = this.#settings;
    const name = prefix === "" ? key : `${prefix}/${key}`;
    const answer = await this.#ask(`read ${name}`, `/${encodeURIComponent(name)}`, { alt: "media" });
    if (answer.status === 404) return null;
    await expectOk(`read ${name}`, answer);
    return answer.body === null ? Readable.from([]) : Readable.fromWeb(answer.body as ReadableStream);
  }

  /** An object is seen when its upload has ended, and replaces the one before at that moment. */
  async write(key: string, bytes: Uint8Array): Promise<void> {
    const { prefix } = this.#settings;
    const name = prefix === "" ? key : `${prefix}/${key}`;
    const what = `write ${name}`;
    const body = bytes as NonNullable<RequestInit["body"]>;
    const headers = { "content-type": "application/octet-stream" };
    const init = { method: "POST", body, headers };
    await expectOk(what, await this.#ask(what, "", { uploadType: "media", name }, "/upload", init));
  }

  async #page(prefix: string, pageToken: string | undefined): Promise<Listed> {
    const answer = await this.#ask(`list ${prefix}`, "", {
      prefix,
      fields: "items(name,md5Hash,crc32c,etag),nextPageToken",
      ...(pageToken === undefined ? {} : { pageToken }),
    });
    await expectOk(`list ${prefix}`, answer);
    return (await answer.json()) as Listed;
  }

  async #ask(
    what: string,
    path: string,
    query: { [name: string]: string },
    service = "",
    init: { method?: string; body?: NonNullable<RequestInit["body"]>; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    const { endpoint, bucket, tokens } = this.#settings;
    const url = new URL(`${endpoint}${service}/storage/v1/b/${encodeURIComponent(bucket)}/o${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const signed: Record<string, string> =
      tokens === null ? {} : { authorization: `Bearer ${await tokens()}` };
    try {
      return await fetch(url, { ...init, headers: { ...init.headers, ...signed } });
    } catch (error) {
      throw storeFailed(what, error instanceof Error && error.cause !== undefined ? error.cause : error);
    }
  }
}

async function expectOk(what: string, answer: Response): Promise<void> {
  if (answer.ok) return;
  const body = (await answer.json().catch(() => ({}))) as { error?: { message?: unknown } };
  const reason = typeof body.error?.message === "string" ? body.error.message : "";
  throw storeFailed(what, new Error(`HTTP ${answer.status} ${reason}`.trimEnd()));
}

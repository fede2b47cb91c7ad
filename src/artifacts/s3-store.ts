/**
 * Artifacts in a bucket of whatever speaks S3. Requests are signed by aws4fetch; bodies stream. An object is there when
 * its PUT, or its multipart upload, ended: S3 itself keeps half ones out of sight.
 */
import { createWriteStream } from "node:fs";
import { mkdtemp, open, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { AwsClient } from "aws4fetch";
import { TradewindError } from "../errors.ts";
import {
  type ArtifactContent,
  type ArtifactEntry,
  type ArtifactStore,
  type DirectAccess,
  storeFailed,
  type UploadPart,
} from "./artifact-store.ts";

export interface S3Settings {
  readonly bucket: string;
  /** Before every path, without slashes at its ends; may be empty. */
  readonly prefix: string;
  /** `https://s3.eu-central-1.amazonaws.com`, or that of another maker; the bucket is its first part of the path. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
}

/** Tries of a request whose body can be sent again, by aws4fetch: 50 ms, then twice as long each time. */
const retries = 3;
const partSeconds = 3600;

/** Texts of the elements of that name, with XML's five entities resolved. */
function elements(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))].map(([, text]) =>
    (text ?? "")
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&quot;", '"')
      .replaceAll("&apos;", "'")
      .replaceAll("&#39;", "'")
      .replaceAll("&amp;", "&"),
  );
}

const blocks = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, "gs"))].map(([, inner]) => inner ?? "");

const escapeXml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

type Answer = Awaited<ReturnType<AwsClient["fetch"]>>;

export class S3ArtifactStore implements ArtifactStore {
  readonly #settings: S3Settings;
  readonly #client: AwsClient;

  constructor(settings: S3Settings) {
    this.#settings = settings;
    const { accessKeyId, secretAccessKey, region, sessionToken } = settings;
    this.#client = new AwsClient({
      accessKeyId,
      secretAccessKey,
      region,
      service: "s3",
      retries,
      ...(sessionToken === undefined ? {} : { sessionToken }),
    });
  }

  #key(path: string): string {
    return [this.#settings.prefix, path].filter((part) => part !== "").join("/");
  }

  #url(key: string, query: Readonly<Record<string, string>> = {}): string {
    const { endpoint, bucket } = this.#settings;
    const path = key.split("/").map(encodeURIComponent).join("/");
    const url = new URL(`${endpoint.replace(/\/+$/, "")}/${bucket}/${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url.href;
  }

  async #ask(what: string, url: string, init: RequestInit = {}): Promise<Answer> {
    let answer: Answer;
    try {
      answer = await this.#client.fetch(url, init);
    } catch (error) {
      throw storeFailed(what, error instanceof Error && error.cause !== undefined ? error.cause : error);
    }
    if (answer.ok || answer.status === 404) return answer;
    const text = await answer.text();
    const reason = [elements(text, "Code")[0], elements(text, "Message")[0]].filter(Boolean).join(": ");
    throw storeFailed(what, new Error(`HTTP ${answer.status} ${reason}`.trim()));
  }

  async #expect(what: string, url: string, init: RequestInit = {}): Promise<Answer> {
    const answer = await this.#ask(what, url, init);
    if (answer.status !== 404) return answer;
    const [code] = elements(await answer.text(), "Code");
    throw storeFailed(what, new Error(`HTTP 404 ${code ?? ""}`.trim()));
  }

  /** S3 wants to know the length before; a body that does not say it is put on the disk first. */
  async #put(what: string, url: string, content: Readable, size: number | null): Promise<Answer> {
    const folder = await mkdtemp(join(tmpdir(), "tw-upload-"));
    try {
      const file = join(folder, "body");
      await pipeline(content, createWriteStream(file)).catch((cause: unknown) => {
        throw brokenOff(what, cause);
      });
      const { size: bytes } = await stat(file);
      if (size !== null && bytes !== size)
        throw brokenOff(what, new Error(`${bytes} bytes came, ${size} were announced`));
      return await this.#putFile(what, url, file, bytes);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #putFile(what: string, url: string, file: string, bytes: number): Promise<Answer> {
    const handle = await open(file);
    try {
      const body = bytes === 0 ? "" : Readable.toWeb(handle.createReadStream({ autoClose: false }));
      return await this.#expect(what, url, {
        method: "PUT",
        body: body as NonNullable<RequestInit["body"]>,
        headers: { "content-length": String(bytes), "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
        duplex: "half",
      } as RequestInit);
    } finally {
      await handle.close();
    }
  }

  async write(path: string, content: Readable, size: number | null): Promise<void> {
    await this.#put(`write ${path}`, this.#url(this.#key(path)), content, size);
  }

  async read(path: string): Promise<ArtifactContent | null> {
    const answer = await this.#ask(`read ${path}`, this.#url(this.#key(path)));
    if (answer.status === 404 || answer.body === null) return null;
    return {
      size: Number(answer.headers.get("content-length") ?? 0),
      stream: Readable.fromWeb(answer.body as ReadableStream),
    };
  }

  async list(path: string): Promise<readonly ArtifactEntry[]> {
    const key = this.#key(path);
    const prefix = key === "" ? "" : `${key}/`;
    const entries: ArtifactEntry[] = [];
    for await (const xml of this.#pages(prefix, "/")) {
      for (const content of blocks(xml, "Contents")) {
        const name = (elements(content, "Key")[0] ?? "").slice(prefix.length);
        if (name !== "")
          entries.push({ name, isFolder: false, size: Number(elements(content, "Size")[0] ?? 0) });
      }
      for (const common of blocks(xml, "CommonPrefixes")) {
        const name = (elements(common, "Prefix")[0] ?? "").slice(prefix.length).replace(/\/$/, "");
        if (name !== "") entries.push({ name, isFolder: true, size: null });
      }
    }
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** All below the prefix, however deep; keys count from it. */
  async objects(): Promise<{ key: string; etag: string }[]> {
    const own = this.#key("");
    const prefix = own === "" ? "" : `${own}/`;
    const found: { key: string; etag: string }[] = [];
    for await (const xml of this.#pages(prefix, ""))
      for (const content of blocks(xml, "Contents"))
        found.push({
          key: (elements(content, "Key")[0] ?? "").slice(prefix.length),
          etag: (elements(content, "ETag")[0] ?? "").replaceAll('"', ""),
        });
    return found;
  }

  async *#pages(prefix: string, delimiter: string): AsyncGenerator<string> {
    let token: string | undefined;
    do {
      const query = { "list-type": "2", prefix, ...(delimiter === "" ? {} : { delimiter }) };
      const url = this.#url("", token === undefined ? query : { ...query, "continuation-token": token });
      const xml = await (await this.#expect(`list ${prefix}`, url)).text();
      yield xml;
      token = elements(xml, "NextContinuationToken")[0];
    } while (token !== undefined);
  }

  async remove(path: string): Promise<void> {
    if (path === "") return;
    const key = this.#key(path);
    await this.#ask(`remove ${path}`, this.#url(key), { method: "DELETE" });
    for await (const xml of this.#pages(`${key}/`, ""))
      for (const name of elements(xml, "Key"))
        await this.#ask(`remove ${name}`, this.#url(name), { method: "DELETE" });
  }

  async startUpload(path: string): Promise<string> {
    const url = this.#url(this.#key(path), { uploads: "" });
    const xml = await (await this.#expect(`start an upload of ${path}`, url, { method: "POST" })).text();
    const [id] = elements(xml, "UploadId");
    if (id === undefined)
      throw storeFailed(`start an upload of ${path}`, new Error("an answer without UploadId"));
    return id;
  }

  partAccess(path: string, uploadId: string, number: number): Promise<DirectAccess> {
    return this.#presign(this.#partUrl(path, uploadId, number), "PUT", partSeconds);
  }

  #partUrl(path: string, uploadId: string, number: number): string {
    return this.#url(this.#key(path), { partNumber: String(number), uploadId });
  }

  async writePart(path: string, uploadId: string, number: number, content: Readable, size: number | null) {
    const url = this.#partUrl(path, uploadId, number);
    const answer = await this.#put(`write part ${number} of ${path}`, url, content, size);
    return answer.headers.get("etag") ?? "";
  }

  async completeUpload(path: string, uploadId: string, parts: readonly UploadPart[]): Promise<void> {
    const list = parts
      .toSorted((a, b) => a.number - b.number)
      .map(
        ({ number, etag }) =>
          `<Part><PartNumber>${number}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
      );
    const body = `<CompleteMultipartUpload>${list.join("")}</CompleteMultipartUpload>`;
    const url = this.#url(this.#key(path), { uploadId });
    const xml = await (await this.#expect(`complete ${path}`, url, { method: "POST", body })).text();
    // S3 may have said 200 before it failed.
    const [code] = elements(xml, "Code");
    if (code !== undefined) throw storeFailed(`complete ${path}`, new Error(code));
  }

  async abortUpload(path: string, uploadId: string): Promise<void> {
    await this.#ask(`abort ${path}`, this.#url(this.#key(path), { uploadId }), { method: "DELETE" });
  }

  directAccess(path: string, action: "read" | "write", seconds: number): Promise<DirectAccess> {
    return this.#presign(this.#url(this.#key(path)), action === "read" ? "GET" : "PUT", seconds);
  }

  async #presign(url: string, method: string, seconds: number): Promise<DirectAccess> {
    const target = new URL(url);
    target.searchParams.set("X-Amz-Expires", String(seconds));
    const signed = await this.#client.sign(target.href, { method, aws: { signQuery: true } });
    return { url: signed.url, headers: {} };
  }
}

function brokenOff(what: string, cause: unknown): TradewindError {
  return new TradewindError(
    "TW_ARTIFACT_BROKEN_OFF",
    `expected all bytes to ${what}, got fewer: nothing of it is kept`,
    { cause },
  );
}

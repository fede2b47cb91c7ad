/**
 * Artifacts in a folder. A file is written under another name in `.uploads` of the same root and renamed when it is
 * whole, so that nobody sees half of it; uploads that were broken off are taken away with it.
 */
import { randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { TradewindError } from "../errors.ts";
import {
  type ArtifactContent,
  type ArtifactEntry,
  type ArtifactStore,
  storeFailed,
  type UploadPart,
} from "./artifact-store.ts";

const uploadsFolder = ".uploads";

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : "";

const isAbsent = (error: unknown): boolean => ["ENOENT", "ENOTDIR"].includes(codeOf(error));

function wrongSize(expected: number, got: number): TradewindError {
  return new TradewindError(
    "TW_ARTIFACT_BROKEN_OFF",
    `expected ${expected} bytes of the artifact, got ${got}: the upload broke off, and nothing of it is kept`,
  );
}

export class LocalArtifactStore implements ArtifactStore {
  readonly #root: string;

  /** @param root Absolute; made when it is first written to. */
  constructor(root: string) {
    this.#root = root;
  }

  #place(path: string): string {
    return join(this.#root, ...path.split("/"));
  }

  #uploadFolder(uploadId: string): string {
    // Only ids that were given out: nothing else of the file system can be named.
    if (!/^[0-9a-f-]{36}$/.test(uploadId)) throw noUpload(uploadId);
    return join(this.#root, uploadsFolder, uploadId);
  }

  async write(path: string, content: Readable, size: number | null): Promise<void> {
    const half = join(this.#root, uploadsFolder, randomUUID());
    try {
      await mkdir(dirname(half), { recursive: true });
      await receive(content, half, size);
      await this.#publish(half, path);
    } catch (error) {
      await rm(half, { force: true });
      throw asStoreError(error, path);
    }
  }

  async #publish(file: string, path: string): Promise<void> {
    const place = this.#place(path);
    await mkdir(dirname(place), { recursive: true });
    await rename(file, place);
  }

  async read(path: string): Promise<ArtifactContent | null> {
    if (path === "" || path.startsWith(uploadsFolder)) return null;
    try {
      const file = await open(this.#place(path));
      const status = await file.stat();
      if (status.isFile()) return { size: status.size, stream: file.createReadStream() };
      await file.close();
      return null;
    } catch (error) {
      if (isAbsent(error) || codeOf(error) === "EISDIR") return null;
      throw storeFailed(`read ${path}`, error);
    }
  }

  async list(path: string): Promise<readonly ArtifactEntry[]> {
    const folder = this.#place(path);
    const names = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      if (isAbsent(error)) return [];
      throw storeFailed(`list ${path}`, error);
    });
    const entries = await Promise.all(
      names.map(async (entry): Promise<ArtifactEntry[]> => {
        const { name } = entry;
        if (path === "" && name === uploadsFolder) return [];
        if (entry.isDirectory()) return [{ name, isFolder: true, size: null }];
        // A file that went away between the two calls is no longer in the list.
        const status = await stat(join(folder, name)).catch(() => null);
        return status === null ? [] : [{ name, isFolder: status.isDirectory(), size: status.size }];
      }),
    );
    return entries.flat().sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async remove(path: string): Promise<void> {
    if (path === "") return;
    await rm(this.#place(path), { recursive: true, force: true }).catch((error: unknown) => {
      if (!isAbsent(error)) throw storeFailed(`remove ${path}`, error);
    });
  }

  async startUpload(): Promise<string> {
    const uploadId = randomUUID();
    await mkdir(this.#uploadFolder(uploadId), { recursive: true });
    return uploadId;
  }

  async partAccess(): Promise<null> {
    return null;
  }

  async writePart(_: string, uploadId: string, number: number, content: Readable, size: number | null) {
    const folder = this.#uploadFolder(uploadId);
    const half = join(folder, `${number}.${randomUUID()}`);
    await stat(folder).catch(() => {
      throw noUpload(uploadId);
    });
    try {
      await receive(content, half, size);
      await rename(half, join(folder, String(number)));
    } catch (error) {
      await rm(half, { force: true });
      throw asStoreError(error, `part ${number}`);
    }
    return `part-${number}`;
  }

  async completeUpload(path: string, uploadId: string, parts: readonly UploadPart[]): Promise<void> {
    const folder = this.#uploadFolder(uploadId);
    const whole = join(folder, "whole");
    const numbers = parts.map(({ number }) => number).sort((a, b) => a - b);
    const missing = await firstMissing(folder, numbers);
    if (missing !== null)
      throw new TradewindError(
        "TW_ARTIFACT_BROKEN_OFF",
        `expected part ${missing} of the upload ${uploadId}, got none`,
      );
    try {
      await pipeline(Readable.from(joined(folder, numbers)), createWriteStream(whole));
      await this.#publish(whole, path);
    } catch (error) {
      throw asStoreError(error, path);
    }
    await rm(folder, { recursive: true, force: true });
  }

  async abortUpload(_: string, uploadId: string): Promise<void> {
    await rm(this.#uploadFolder(uploadId), { recursive: true, force: true });
  }

  async directAccess(): Promise<null> {
    return null;
  }
}

function noUpload(uploadId: string): TradewindError {
  return new TradewindError(
    "TW_ARTIFACT_PATH",
    `expected the id of an upload that was started, got ${JSON.stringify(uploadId.slice(0, 100))}`,
  );
}

async function receive(content: Readable, file: string, size: number | null): Promise<void> {
  const target = createWriteStream(file);
  await pipeline(content, target);
  if (size !== null && target.bytesWritten !== size) throw wrongSize(size, target.bytesWritten);
}

async function firstMissing(folder: string, numbers: readonly number[]): Promise<number | null> {
  for (const number of numbers)
    if ((await stat(join(folder, String(number))).catch(() => null)) === null) return number;
  return null;
}

async function* joined(folder: string, numbers: readonly number[]): AsyncGenerator<Buffer> {
  for (const number of numbers) yield* createReadStream(join(folder, String(number)));
}

/** A name that cannot be, for this file system; a client that went away; a disk that is full. */
function asStoreError(error: unknown, path: string): unknown {
  if (error instanceof TradewindError) return error;
  const code = codeOf(error);
  if (["ENOTDIR", "EISDIR", "ENAMETOOLONG", "ENOTEMPTY", "EEXIST"].includes(code))
    return new TradewindError(
      "TW_ARTIFACT_PATH",
      `Invalid path: expected a place for a file, got ${JSON.stringify(path)}, where a folder stands, or below a file`,
      { cause: error },
    );
  if (["ERR_STREAM_PREMATURE_CLOSE", "ECONNRESET", "ABORT_ERR"].includes(code))
    return new TradewindError(
      "TW_ARTIFACT_BROKEN_OFF",
      `expected all bytes of ${path}, got a connection that ended before: nothing of it is kept`,
      { cause: error },
    );
  const hint =
    code === "ENOSPC" ? "the disk of the artifact root is full: free space, and send it again" : undefined;
  return storeFailed(`write ${path}`, error, hint);
}

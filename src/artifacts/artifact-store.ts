/**
 * Where the bytes of artifacts are: one interface, for a folder of this machine and for whatever speaks S3.
 *
 * Paths are relative to the store's root, with "/" between their parts, and have passed `artifactPath`. A file is there
 * whole or not at all: a write that breaks off leaves nothing that `read` or `list` would show.
 */
import type { Readable } from "node:stream";
import { TradewindError } from "../errors.ts";

export interface ArtifactEntry {
  /** Its own name, without the folder's. */
  readonly name: string;
  readonly isFolder: boolean;
  /** In bytes; null for a folder. */
  readonly size: number | null;
}

export interface ArtifactContent {
  readonly size: number;
  readonly stream: Readable;
}

export interface UploadPart {
  /** From 1. */
  readonly number: number;
  readonly etag: string;
}

/** Where a client itself sends a part to, or fetches a file from. */
export interface DirectAccess {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ArtifactStore {
  /** @param size Bytes that will come; null when nobody said. Fails when other than that came. */
  write(path: string, content: Readable, size: number | null): Promise<void>;
  /** Null when there is no such file (a folder is none). */
  read(path: string): Promise<ArtifactContent | null>;
  /** Of a folder; empty when it is not there. By name. `path` "" is the root. */
  list(path: string): Promise<readonly ArtifactEntry[]>;
  /** A file, or a folder with all below it. What is not there is no error. */
  remove(path: string): Promise<void>;
  /** A file in parts, in any order and at the same time. */
  startUpload(path: string): Promise<string>;
  /** Where the client sends a part, or null when it comes through `writePart`. */
  partAccess(path: string, uploadId: string, number: number): Promise<DirectAccess | null>;
  /** The part's etag. */
  writePart(
    path: string,
    uploadId: string,
    number: number,
    content: Readable,
    size: number | null,
  ): Promise<string>;
  completeUpload(path: string, uploadId: string, parts: readonly UploadPart[]): Promise<void>;
  abortUpload(path: string, uploadId: string): Promise<void>;
  /** Null: this store is reached through the proxy only. */
  directAccess(path: string, action: "read" | "write", seconds: number): Promise<DirectAccess | null>;
}

/**
 * A path as it came, checked: relative, of plain parts, below the root also after what a file system makes of it.
 *
 * @throws TradewindError TW_ARTIFACT_PATH.
 */
export function artifactPath(text: string): string {
  const parts = text.split("/").filter((part) => part !== "");
  const bad =
    text.startsWith("/") ||
    /[\0\\]/.test(text) ||
    /^[a-z]:/i.test(text) ||
    parts.some((part) => part === "." || part === ".." || Buffer.byteLength(part) > 255);
  if (!bad) return parts.join("/");
  throw new TradewindError(
    "TW_ARTIFACT_PATH",
    `Invalid path: expected a relative path without '..', got ${JSON.stringify(text.slice(0, 300))}`,
  );
}

/** The store did not do what it was asked; it is down, or full, or refuses. */
export function storeFailed(what: string, cause: unknown, hint?: string): TradewindError {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new TradewindError("TW_ARTIFACT_STORE", `expected the artifact store to ${what}, got: ${said}`, {
    cause,
    hint,
  });
}

/**
 * The file of a backup: a gzip stream of records, each a kind (1 byte), a length (4 bytes, big endian) and that
 * many bytes. First a header (JSON), then for each table its name and columns (JSON) and its rows as PostgreSQL's
 * COPY text, last an end (JSON) with the sequences and the number of bytes of rows, without which the file is not whole.
 */
import { createReadStream } from "node:fs";
import { Transform } from "node:stream";
import { createGunzip } from "node:zlib";
import { TradewindError } from "../../errors.ts";

export const formatName = "tradewind-backup";
export const formatVersion = 1;

export interface BackupHeader {
  readonly format: typeof formatName;
  readonly version: number;
  readonly createdAt: string;
  readonly postgres: string;
  readonly migrations: readonly {
    readonly number: number;
    readonly name: string;
    readonly checksum: string;
  }[];
}

export interface BackupTable {
  readonly table: string;
  readonly columns: readonly string[];
}

export interface BackupEnd {
  readonly tables: number;
  /** Bytes of rows. */
  readonly bytes: number;
  /** Next value of each identity column, as "table.column". */
  readonly sequences: { readonly [column: string]: number };
}

const kinds = { header: 0x48, table: 0x54, data: 0x44, end: 0x45 } as const;

export type RecordKind = keyof typeof kinds;

export function record(kind: RecordKind, payload: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head[0] = kinds[kind];
  head.writeUInt32BE(payload.length, 1);
  return Buffer.concat([head, payload]);
}

export function jsonRecord(
  kind: Exclude<RecordKind, "data">,
  value: BackupHeader | BackupTable | BackupEnd,
): Buffer {
  return record(kind, Buffer.from(JSON.stringify(value)));
}

const dataRecordBytes = 64 * 1024;

/** Gathers rows into data records of some 64 kB. */
export class DataRecords extends Transform {
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #total = 0;

  get total(): number {
    return this.#total;
  }

  override _transform(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    this.#total += chunk.length;
    if (this.#waitingBytes >= dataRecordBytes) this.#emit();
    done();
  }

  override _flush(done: () => void): void {
    if (this.#waitingBytes > 0) this.#emit();
    done();
  }

  #emit(): void {
    this.push(record("data", Buffer.concat(this.#waiting)));
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}

export interface BackupRecord {
  readonly kind: RecordKind;
  readonly payload: Buffer;
}

/** @throws TradewindError TW_BACKUP_FORMAT for anything but whole records. */
export async function* readRecords(file: string): AsyncGenerator<BackupRecord> {
  const bytes = createReadStream(file).pipe(createGunzip());
  let buffer: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
      let at = 0;
      while (buffer.length - at >= 5) {
        const end = at + 5 + buffer.readUInt32BE(at + 1);
        if (buffer.length < end) break;
        yield { kind: kindOf(buffer[at] ?? 0, file), payload: buffer.subarray(at + 5, end) };
        at = end;
      }
      buffer = buffer.subarray(at);
    }
  } catch (error) {
    if (error instanceof Error && "code" in error && /^Z_|^ERR_ZLIB/.test(String(error.code)))
      throw badBackup(file, "a file that is cut off or no gzip", error);
    throw error;
  }
  if (buffer.length > 0) throw badBackup(file, "one that is cut off");
}

function kindOf(byte: number, file: string): RecordKind {
  const found = (Object.keys(kinds) as RecordKind[]).find((kind) => kinds[kind] === byte);
  if (found === undefined) throw badBackup(file, `a record of unknown kind ${byte}`);
  return found;
}

export function parseJson<T>(payload: Buffer, file: string): T {
  try {
    return JSON.parse(payload.toString("utf8")) as T;
  } catch (error) {
    throw badBackup(file, "a record that is no JSON", error);
  }
}

export function badBackup(file: string, got: string, cause?: unknown): TradewindError {
  return new TradewindError("TW_BACKUP_FORMAT", `expected a whole backup in ${file}, got ${got}`, {
    cause,
    hint: "take it again with `tradewind db backup`",
  });
}

/**
 * The file of an offline run as `wandb sync` reads it: a header of 7 bytes, then records in LevelDB's log format (blocks of
 * 32 KiB, fragments of checksum, length and type), whose checksums are CRC-32 of the type and the content.
 */
import { appendFileSync, writeFileSync } from "node:fs";
import { crc32 } from "node:zlib";

const header = Uint8Array.of(0x3a, 0x57, 0x26, 0x42, 0xe1, 0xbe, 0);
const blockSize = 32 * 1024;
const fragmentHead = 7;
const types = { full: 1, first: 2, middle: 3, last: 4 } as const;

export class RecordLog {
  readonly #path: string;
  #position = header.length;

  /** Makes the file. */
  constructor(path: string) {
    this.#path = path;
    writeFileSync(path, header);
  }

  append(record: Uint8Array): void {
    const parts: Uint8Array[] = [];
    let from = 0;
    do {
      let room = blockSize - (this.#position % blockSize);
      if (room < fragmentHead) {
        parts.push(new Uint8Array(room));
        this.#position += room;
        room = blockSize;
      }
      const to = Math.min(record.length, from + room - fragmentHead);
      parts.push(this.#fragment(record.subarray(from, to), typeOf(from === 0, to === record.length)));
      from = to;
    } while (from < record.length);
    appendFileSync(this.#path, Buffer.concat(parts));
  }

  #fragment(content: Uint8Array, type: number): Uint8Array {
    const bytes = Buffer.alloc(fragmentHead + content.length);
    bytes.writeUInt32LE(crc32(content, crc32(Uint8Array.of(type))), 0);
    bytes.writeUInt16LE(content.length, 4);
    bytes.writeUInt8(type, 6);
    bytes.set(content, fragmentHead);
    this.#position += bytes.length;
    return bytes;
  }
}

function typeOf(isFirst: boolean, isLast: boolean): number {
  if (isFirst) return isLast ? types.full : types.first;
  return isLast ? types.last : types.middle;
}

/** Reads the file of an offline run, of ours and of W&B's own client, up to where a run that was killed broke it off. */
import { crc32 } from "node:zlib";
import { TradewindError } from "../../../errors.ts";

const header = Buffer.from([0x3a, 0x57, 0x26, 0x42, 0xe1, 0xbe, 0]);
const blockSize = 32 * 1024;
const fragmentHead = 7;
const types = { full: 1, first: 2, middle: 3, last: 4 } as const;

export interface ReadRecords {
  readonly records: readonly Uint8Array[];
  /** False where the file breaks off, or a checksum does not hold: what comes after is not read. */
  readonly isWhole: boolean;
}

/** @param where For messages. @throws TradewindError TW_ML_FORMAT when the bytes are no such file. */
export function readRecords(bytes: Buffer, where: string): ReadRecords {
  if (!bytes.subarray(0, header.length).equals(header))
    throw new TradewindError("TW_ML_FORMAT", "expected the file of a W&B run (:W&B …), got other bytes", {
      at: { file: where },
    });
  const records: Uint8Array[] = [];
  let parts: Buffer[] = [];
  for (let at = header.length; at < bytes.length; ) {
    const room = blockSize - (at % blockSize);
    if (room < fragmentHead) {
      at += room;
      continue;
    }
    const fragment = fragmentAt(bytes, at, room);
    if (fragment === null || isMisplaced(fragment.type, parts.length > 0)) return { records, isWhole: false };
    parts.push(fragment.content);
    if (fragment.type === types.full || fragment.type === types.last) {
      records.push(Buffer.concat(parts));
      parts = [];
    }
    at += fragmentHead + fragment.content.length;
  }
  return { records, isWhole: parts.length === 0 };
}

function fragmentAt(bytes: Buffer, at: number, room: number): { type: number; content: Buffer } | null {
  if (at + fragmentHead > bytes.length) return null;
  const length = bytes.readUInt16LE(at + 4);
  const type = bytes.readUInt8(at + 6);
  const content = bytes.subarray(at + fragmentHead, at + fragmentHead + length);
  if (length > room - fragmentHead || content.length < length) return null;
  const isSound = bytes.readUInt32LE(at) === crc32(content, crc32(Uint8Array.of(type)));
  return isSound ? { type, content } : null;
}

const isMisplaced = (type: number, isOpen: boolean): boolean =>
  type === types.full || type === types.first ? isOpen : !isOpen;

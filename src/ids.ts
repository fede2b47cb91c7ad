const hexOf = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** UUID version 7 (RFC 9562 §5.7): sorted by time, so that indexes on it grow at one end. */
export function uuid7(now: number, random: Uint8Array): string {
  const high = Math.floor(now / 2 ** 32);
  const low = now % 2 ** 32;
  const time = high.toString(16).padStart(4, "0") + low.toString(16).padStart(8, "0");
  const hex = (index: number): string => hexOf[random[index] ?? 0] as string;
  const version = hexOf[((random[6] ?? 0) & 0x0f) | 0x70] as string;
  const variant = hexOf[((random[8] ?? 0) & 0x3f) | 0x80] as string;
  const node = hex(10) + hex(11) + hex(12) + hex(13) + hex(14) + hex(15);
  return `${time.slice(0, 8)}-${time.slice(8)}-${version}${hex(7)}-${variant}${hex(9)}-${node}`;
}

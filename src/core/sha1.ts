/** SHA-1 (FIPS 180-4) of short texts. Only for numbers that must equal Airflow's; never for security. */

/** Digest of the text's UTF-8 bytes as one number of 160 bits. */
export function sha1(text: string): bigint {
  const blocks = padded(new TextEncoder().encode(text));
  const hash = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);
  const words = new Uint32Array(80);
  for (let at = 0; at < blocks.byteLength; at += 64) {
    for (let i = 0; i < 16; i++) words[i] = blocks.getUint32(at + 4 * i);
    addBlock(hash, words);
  }
  return hash.reduce((digest, word) => (digest << 32n) | BigInt(word), 0n);
}

/** The bytes, a one bit, zeros, and the length in bits, to a multiple of 64 bytes. */
function padded(bytes: Uint8Array): DataView {
  const length = Math.ceil((bytes.length + 9) / 64) * 64;
  const result = new Uint8Array(length);
  result.set(bytes);
  result[bytes.length] = 0x80;
  const view = new DataView(result.buffer);
  view.setUint32(length - 8, Math.floor((bytes.length * 8) / 2 ** 32));
  view.setUint32(length - 4, bytes.length * 8);
  return view;
}

function addBlock(hash: Uint32Array, words: Uint32Array): void {
  const w = (i: number): number => words[i] as number;
  for (let i = 16; i < 80; i++) words[i] = rotate(w(i - 3) ^ w(i - 8) ^ w(i - 14) ^ w(i - 16), 1);
  let [a, b, c, d, e] = [...hash] as [number, number, number, number, number];
  for (let i = 0; i < 80; i++) {
    const next = (rotate(a, 5) + mix(i, b, c, d) + e + constant(i) + w(i)) >>> 0;
    [e, d, c, b, a] = [d, c, rotate(b, 30), a, next];
  }
  for (const [i, value] of [a, b, c, d, e].entries()) hash[i] = (hash[i] as number) + value;
}

function rotate(value: number, bits: number): number {
  return ((value << bits) | (value >>> (32 - bits))) >>> 0;
}

function mix(round: number, b: number, c: number, d: number): number {
  if (round < 20) return (b & c) | (~b & d);
  if (round >= 40 && round < 60) return (b & c) | (b & d) | (c & d);
  return b ^ c ^ d;
}

function constant(round: number): number {
  return [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6][Math.floor(round / 20)] as number;
}

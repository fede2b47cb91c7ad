/**
 * Airflow's encrypted values (Fernet, github.com/fernet/spec): version 0x80, time (8 bytes), IV (16), AES-128-CBC
 * ciphertext, HMAC-SHA256 (32), all as base64url. Only read, for imports.
 */
import { createDecipheriv, createHmac, timingSafeEqual } from "node:crypto";
import { TradewindError } from "../errors.ts";

const version = 0x80;
const headerBytes = 1 + 8 + 16;
const macBytes = 32;

/**
 * @param keys One key, or several separated by commas, as in Airflow's `fernet_key`; each is tried.
 * @throws TradewindError TW_FERNET for a key or token that is none, and when no key fits.
 */
export function openFernet(token: string, keys: string): string {
  const bytes = Buffer.from(token, "base64url");
  if (bytes.length < headerBytes + 16 + macBytes || bytes[0] !== version) {
    throw new TradewindError(
      "TW_FERNET",
      `expected a Fernet token, got ${bytes.length} bytes of something else`,
    );
  }
  const signed = bytes.subarray(0, bytes.length - macBytes);
  const mac = bytes.subarray(bytes.length - macBytes);
  for (const key of keys.split(",").map((text) => readKey(text.trim()))) {
    const expected = createHmac("sha256", key.subarray(0, 16)).update(signed).digest();
    if (!timingSafeEqual(expected, mac)) continue;
    const decipher = createDecipheriv("aes-128-cbc", key.subarray(16), bytes.subarray(9, headerBytes));
    return Buffer.concat([decipher.update(signed.subarray(headerBytes)), decipher.final()]).toString("utf8");
  }
  throw new TradewindError(
    "TW_FERNET",
    "expected a Fernet value under one of the keys given, got one under another",
    {
      hint: "give Airflow's [core] fernet_key, with its older keys separated by commas",
    },
  );
}

function readKey(text: string): Buffer {
  const key = Buffer.from(text, "base64url");
  if (key.length === 32) return key;
  throw new TradewindError(
    "TW_FERNET",
    `expected a Fernet key of 32 bytes as base64, got ${key.length} bytes`,
  );
}

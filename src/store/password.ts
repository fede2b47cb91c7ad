/**
 * Passwords as one-way hashes in PHC string form: Argon2id (RFC 9106; 19 MiB, 2 passes, as OWASP advises) where
 * Node has it (24 and later), else scrypt (RFC 7914; N = 2^15, r = 8, p = 3). Both are checked wherever they can be.
 */
import * as crypto from "node:crypto";
import { TradewindError } from "../errors.ts";

const { randomBytes, scrypt, timingSafeEqual } = crypto;

interface Argon2Parameters {
  message: string;
  nonce: Buffer;
  parallelism: number;
  tagLength: number;
  memory: number;
  passes: number;
}

type Argon2 = (
  kind: "argon2id",
  parameters: Argon2Parameters,
  callback: (error: Error | null, tag: Buffer) => void,
) => void;

/** Absent before Node 24. */
const argon2 = (crypto as { argon2?: Argon2 }).argon2;

const tagLength = 32;

function base64(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll("=", "");
}

function deriveArgon2(
  message: string,
  nonce: Buffer,
  memory: number,
  passes: number,
  parallelism: number,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (argon2 === undefined) {
      reject(
        new TradewindError("TW_INTERNAL", "expected Node 24 or newer to check a password kept as Argon2id"),
      );
      return;
    }
    argon2("argon2id", { message, nonce, memory, passes, parallelism, tagLength }, (error, tag) =>
      error === null || error === undefined ? resolve(tag) : reject(error),
    );
  });
}

function deriveScrypt(message: string, salt: Buffer, ln: number, r: number, p: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { N: 2 ** ln, r, p, maxmem: 256 * 2 ** ln * r };
    scrypt(message, salt, tagLength, options, (error, tag) =>
      error === null ? resolve(tag) : reject(error),
    );
  });
}

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  if (argon2 !== undefined) {
    const tag = await deriveArgon2(password, salt, 19_456, 2, 1);
    return `$argon2id$v=19$m=19456,t=2,p=1$${base64(salt)}$${base64(tag)}`;
  }
  return `$scrypt$ln=15,r=8,p=3$${base64(salt)}$${base64(await deriveScrypt(password, salt, 15, 8, 3))}`;
}

/** Takes the same time whether or not the password is right. An unknown kind of hash is never right. */
export async function isPassword(password: string, hash: string): Promise<boolean> {
  const [, kind, ...parts] = hash.split("$");
  const tag = Buffer.from(parts.at(-1) ?? "", "base64");
  const salt = Buffer.from(parts.at(-2) ?? "", "base64");
  const number = new Map((parts.at(-3) ?? "").split(",").map((part) => part.split("=") as [string, string]));
  const of = (name: string): number => Number(number.get(name));
  if (tag.length !== tagLength) return false;
  if (kind === "argon2id")
    return timingSafeEqual(await deriveArgon2(password, salt, of("m"), of("t"), of("p")), tag);
  if (kind === "scrypt")
    return timingSafeEqual(await deriveScrypt(password, salt, of("ln"), of("r"), of("p")), tag);
  return false;
}

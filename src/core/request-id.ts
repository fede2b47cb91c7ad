/**
 * Ids of answers. An id says when the answer was given and by which version of which model under which variant, so that
 * its lineage, and whatever comes of it days later, is known by the id alone: no row is written for a request.
 */
import { uuid7 } from "../ids.ts";

export interface Answered {
  readonly endpoint: string;
  readonly variant: string;
  /** Name of the registered model, or its folder. */
  readonly model: string;
  /** Null for a model that is a folder. */
  readonly version: string | null;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface RequestId extends Answered {
  readonly id: string;
}

/** @param random 16 bytes. */
export function requestId({ at, ...who }: Answered, random: Uint8Array): string {
  return requestIdBy(whoAnswered(who), at, random);
}

/** The part of an id that is the same for all answers of one version under one variant. */
export function whoAnswered({ endpoint, variant, model, version }: Omit<Answered, "at">): string {
  return toBase64Url([endpoint, variant, model, version ?? ""].join("\n"));
}

/** @param who As `whoAnswered` says it. @param at Epoch milliseconds. @param random 16 bytes. */
export function requestIdBy(who: string, at: number, random: Uint8Array): string {
  return `${uuid7(at, random).replaceAll("-", "")}.${who}`;
}

/** Null when the id is none of ours. */
export function parseRequestId(id: string): RequestId | null {
  const match = /^([0-9a-f]{12})7[0-9a-f]{19}\.([\w-]+)$/.exec(id);
  if (match === null) return null;
  const parts = fromBase64Url(match[2] as string)?.split("\n");
  if (parts?.length !== 4) return null;
  const [endpoint = "", variant = "", model = "", version = ""] = parts;
  const at = Number.parseInt(match[1] as string, 16);
  return { id, endpoint, variant, model, version: version === "" ? null : version, at };
}

function toBase64Url(text: string): string {
  const bytes = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
  return btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64Url(text: string): string | null {
  try {
    const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return new TextDecoder("utf-8", { fatal: true }).decode(
      Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)),
    );
  } catch {
    return null;
  }
}

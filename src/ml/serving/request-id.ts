/**
 * Ids of answers. Each says which variant gave it, so that what comes of the answer can be told by its id alone,
 * days later, without a row having been written for it.
 */

/** @param unique 32 hexadecimal digits that were never used before. */
export function requestId(variant: string, unique: string): string {
  return `${unique}.${Buffer.from(variant).toString("base64url")}`;
}

/** The variant of an answer; null when the id is none of ours. */
export function variantOf(id: string): string | null {
  const match = /^[0-9a-f]{32}\.([\w-]+)$/.exec(id);
  return match?.[1] === undefined ? null : Buffer.from(match[1], "base64url").toString();
}

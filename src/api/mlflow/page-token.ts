/** Where the next page starts, as an opaque text for clients. */
import { TradewindError } from "../../errors.ts";

/** @param pinned What has to be the same on the next page, such as the filter. */
export function pageToken(offset: number, pinned: string | null = null): string {
  const content = pinned === null ? { offset } : { offset, pinned };
  return Buffer.from(JSON.stringify(content)).toString("base64");
}

/** 0 for no token. @throws TradewindError TW_TRACKING_VALUE for one that is not ours, or of another search. */
export function readPageToken(token: string | null, pinned: string | null = null): number {
  if (token === null || token === "") return 0;
  const content = decode(token);
  const offset = content["offset"];
  if (typeof offset !== "number" || !Number.isSafeInteger(offset) || offset < 0) throw undecodable();
  if (pinned !== null && content["pinned"] !== pinned)
    throw new TradewindError(
      "TW_TRACKING_VALUE",
      "Invalid page token: expected one of a search with the same experiments, filter and order, got another's",
    );
  return offset;
}

function undecodable(): TradewindError {
  return new TradewindError("TW_TRACKING_VALUE", "Invalid page token, could not base64-decode");
}

function decode(token: string): Record<string, unknown> {
  try {
    const content: unknown = JSON.parse(Buffer.from(token, "base64").toString("utf8"));
    if (typeof content === "object" && content !== null) return content as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw undecodable();
}

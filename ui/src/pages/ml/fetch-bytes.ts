/** The bytes of a file that views read themselves. */

/** More than a browser should hold. */
export class TooLarge extends Error {
  readonly size: number;

  constructor(size: number) {
    super(`${size} bytes`);
    this.name = "TooLarge";
    this.size = size;
  }
}

/** @throws TooLarge before anything is read, where the server says how large it is. */
export async function fetchBytes(address: string, most: number, signal: AbortSignal): Promise<ArrayBuffer> {
  const response = await fetch(address, { signal, credentials: "same-origin" });
  if (!response.ok) {
    const answer = (await response.json().catch(() => null)) as { message?: string; detail?: string } | null;
    throw new Error(answer?.message ?? answer?.detail ?? `HTTP ${response.status}`);
  }
  const size = Number(response.headers.get("content-length") ?? 0);
  if (size > most) {
    await response.body?.cancel();
    throw new TooLarge(size);
  }
  return response.arrayBuffer();
}

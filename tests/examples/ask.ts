/** Asks a server that may not listen yet, until it answers; redirects are not followed. */
export async function ask(url: string, options: RequestInit = {}): Promise<Response> {
  for (;;) {
    try {
      return await fetch(url, { redirect: "manual", ...options });
    } catch {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }
}

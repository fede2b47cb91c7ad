/** A page's stream of server-sent events, read as it comes. */

export interface StreamEvent {
  readonly id: string;
  readonly name: string;
  // biome-ignore lint: tests read what they expect
  readonly data: never;
}

export class EventStream {
  readonly response: Response;
  readonly #leave: AbortController;
  readonly #events: AsyncGenerator<StreamEvent>;
  readonly seen: StreamEvent[] = [];

  private constructor(response: Response, leave: AbortController) {
    this.response = response;
    this.#leave = leave;
    this.#events = parse(response);
  }

  static async open(url: string, headers: Record<string, string>): Promise<EventStream> {
    const leave = new AbortController();
    return new EventStream(await fetch(url, { headers, signal: leave.signal }), leave);
  }

  /** The next event that fits; those before it are in `seen`. */
  async next(
    name: string,
    fits: (data: Record<string, unknown>) => boolean = () => true,
  ): Promise<StreamEvent> {
    for (;;) {
      const { value, done } = await this.#events.next();
      if (done) throw new Error(`the stream ended before ${name}: ${JSON.stringify(this.seen)}`);
      this.seen.push(value);
      if (value.name === name && fits(value.data)) return value;
    }
  }

  /** Resolves when the server ended it. */
  async ended(): Promise<void> {
    for await (const event of this.#events) this.seen.push(event);
  }

  close(): void {
    this.#leave.abort();
  }
}

async function* parse(response: Response): AsyncGenerator<StreamEvent> {
  let text = "";
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const fields = new Map(
          block.split("\n").map((line) => line.split(/: ?(.*)/s, 2) as [string, string]),
        );
        const name = fields.get("event");
        if (name === undefined) continue;
        yield { id: fields.get("id") ?? "", name, data: JSON.parse(fields.get("data") ?? "null") as never };
      }
    }
  } catch (error) {
    if ((error as Error).name !== "AbortError") throw error;
  }
}

/**
 * Server-sent events (HTML Living Standard, 9.2) from a fetched body, since EventSource sends no
 * Authorization.
 */

export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** Parser of text in arbitrary pieces; returns each event once its blank line has arrived. */
export class EventParser {
  #rest = "";
  #event = "";
  #data: string[] = [];

  *push(text: string): Generator<ServerEvent> {
    this.#rest += text;
    for (;;) {
      // A CR at the very end may be the first half of a CR LF.
      const end = this.#rest.search(/\r\n|\n|\r(?!$)/);
      if (end < 0) return;
      const line = this.#rest.slice(0, end);
      this.#rest = this.#rest.slice(end + (this.#rest.startsWith("\r\n", end) ? 2 : 1));
      if (line !== "") this.#field(line);
      else if (this.#data.length > 0) {
        yield { event: this.#event || "message", data: this.#data.join("\n") };
        this.#reset();
      } else this.#reset();
    }
  }

  #field(line: string): void {
    const colon = line.indexOf(":");
    if (colon === 0) return; // a comment, which shows that the server is alive
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") this.#event = value;
    else if (name === "data") this.#data.push(value);
  }

  #reset(): void {
    this.#event = "";
    this.#data = [];
  }
}

/** Yields the events of a body; `heard` is called for each piece, even if it is only a comment. */
export async function* eventsOf(
  body: ReadableStream<Uint8Array>,
  heard: () => void,
): AsyncGenerator<ServerEvent> {
  const parser = new EventParser();
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard();
      yield* parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

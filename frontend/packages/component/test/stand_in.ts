/** The service as the component sees it, for tests: a local server with scripted answers. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import type { QrTexts, Snapshot } from "../src/watch.ts";

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export const WAITING: Snapshot = {
  id: "r1",
  kind: "login",
  state: "waiting",
  reason: null,
  number: "47",
  expires_in: 90_000,
};
export const QR: QrTexts = { texts: ["a", "b"], every: 1000 };

/** Returns one event of the stream. */
export function event(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Sends these events; `end` ends the stream after them. */
export function stream(events: readonly string[], { end }: { end: boolean }): Answer {
  return (_, response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.flushHeaders();
    for (const text of events) response.write(text);
    if (end) response.end();
  };
}

/** Answers with JSON. */
export function json(document: object, status = 200): Answer {
  return (_, response) => {
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(JSON.stringify(document));
  };
}

/** Answers each request with the next answer, and repeats the last one. */
export class StandIn {
  readonly requests: { path: string; authorization: string | undefined }[] = [];
  readonly #server: Server;

  constructor(answers: readonly Answer[]) {
    this.#server = createServer((request, response) => {
      const index = Math.min(this.requests.length, answers.length - 1);
      this.requests.push({ path: request.url ?? "", authorization: request.headers.authorization });
      answers[index]!(request, response);
    });
  }

  /** Starts listening and returns the origin. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Breaks all its connections. */
  cut(): void {
    this.#server.closeAllConnections();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}

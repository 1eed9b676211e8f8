/**
 * Summary of a request in the inbox before it is taken, read by this phone from contents that a view renders.
 * The requester isn't notified and nothing is stored: once the request is taken, it is read again.
 */

import { hex } from "@mshield/gm";

import { Fields } from "./fields.ts";
import { type InboxRequest, readLine, readView, type Task } from "./messages.ts";
import type { Operation } from "./operation.ts";
import { type Readable, readTaskHere } from "./readings.ts";
import { fromBase64 } from "./strict_json.ts";

/**
 * `octets` is the size of the fetched contents; documents that aren't here, or are too large for a list, are
 * omitted.
 */
export interface WaitingReadings {
  readonly documents: readonly Pick<Task, "title" | "view" | "reading">[];
  readonly octets: number;
}

/** Throws: ProtocolError `bad_task` if the phone renders a content differently from what the service sent. */
export async function waitingReadings(
  operation: Operation,
  { requestId, requester }: Pick<InboxRequest, "requestId" | "requester">,
): Promise<WaitingReadings> {
  const path = `/api/phone/inbox/${encodeURIComponent(requestId)}`;
  const answer = new Fields(await operation.connection.get(path, operation.loggedIn()));
  const documents: WaitingReadings["documents"][number][] = [];
  let octets = 0;
  for (const document of answer.list("documents").map(readReadable)) {
    if (document.content !== null) {
      octets += document.content.length;
      // oxlint-disable-next-line no-await-in-loop -- a worker's memory is bounded
      const { title, view, reading } = await readTaskHere(operation, document, requester.clientId);
      documents.push({ title, view, reading });
    }
  }
  return { documents, octets };
}

function readReadable(value: unknown): Readable {
  const of = new Fields(value);
  const content = of.textOrNull("content_b64");
  return {
    title: of.text("title"),
    mediaType: of.text("media_type"),
    display: of.list("display").map(readLine),
    content: content === null ? null : fromBase64(content),
    view: readView(of.object("view")),
    drawn: hex(of.hex("drawn", 32)),
  };
}

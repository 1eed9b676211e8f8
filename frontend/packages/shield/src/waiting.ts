/**
 * What a request in the inbox comes to, before it is taken: read by this phone from the contents that a view draws. Who
 * asks isn't told of it, and nothing is kept: whoever takes the request reads it anew.
 */

import { hex } from "@mshield/gm";

import { Fields, fromBase64 } from "./fields.ts";
import { type InboxRequest, readLine, readView, type Task } from "./messages.ts";
import type { Operation } from "./operation.ts";
import { type Readable, readTaskHere } from "./readings.ts";

/** `octets` is what was fetched of contents; of a document that isn't here, or too large for a list, nothing is known. */
export interface WaitingReadings {
  readonly documents: readonly Pick<Task, "title" | "view" | "reading">[];
  readonly octets: number;
}

/** ProtocolError `bad_task` where a content is drawn otherwise than the service says. */
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
      const { title, view, reading } = await readTaskHere(operation, document, requester.clientId ?? null);
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

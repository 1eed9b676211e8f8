/**
 * What a document's view draws, and how the asker's words stand to the content, worked out on this phone and held to what
 * the task says. Any difference is `bad_task`: nothing is signed.
 */

import { signedXmlOf } from "@mshield/forms/xml.ts";
import { hex, sm3 } from "@mshield/gm";
import type { DocumentOrder } from "@mshield/views";
import { contentKindOf } from "@mshield/views/media_type.ts";

import { ProtocolError } from "./errors.ts";
import type { Task } from "./messages.ts";
import type { Operation } from "./operation.ts";
import type { CheckedReading, DocumentReader } from "./task_reading.ts";

/** What of a task is read here; one that waits in the inbox has no message yet, and is read anew once it is taken. */
export type Readable = Pick<Task, "title" | "display" | "content" | "mediaType" | "view" | "drawn"> &
  Partial<Pick<Task, "message" | "options">>;

/** What a document reader is asked for a task; `octets` are its view's. */
export function orderOf(task: Readable, octets: Uint8Array | null): DocumentOrder {
  const { title, display, content, mediaType, message, options } = task;
  const lines = display.map(({ label, value }) => [label, value] as const);
  const kind = contentKindOf(mediaType);
  // What is no text isn't read here, and needn't be copied.
  const isRead = kind !== null || octets !== null;
  return {
    kind,
    content: isRead ? content : null,
    view: octets,
    said: { title, lines },
    signedXml: message && options ? signedXmlOf({ message, options }) : null,
  };
}

/** The task with its view's octets and its reading; ProtocolError `bad_task`. */
export async function readTaskHere<T extends Readable>(
  operation: Operation,
  task: T,
): Promise<T & Pick<Task, "view" | "reading">> {
  const { view } = task;
  const octets = view === null ? null : await viewOctets(operation, view.digest);
  const reading = await drawnBy(operation.reader, orderOf(task, octets));
  const isSame =
    reading.view?.digest === view?.digest &&
    reading.view?.id === view?.id &&
    reading.view?.version === view?.version &&
    (reading.drawn?.digest ?? null) === task.drawn;
  if (!isSame) {
    if (view !== null) {
      await operation.views.drop(view.digest);
    }
    throw new ProtocolError("bad_task", "the content is drawn otherwise than the task says");
  }
  return {
    ...task,
    view: view && { ...view, octets },
    reading: {
      compared: reading.comparedDigest,
      isMismatch: reading.compared?.mismatch ?? false,
      key: reading.drawn?.lines ?? null,
    },
  };
}

async function drawnBy(reader: DocumentReader, order: DocumentOrder): Promise<CheckedReading> {
  try {
    return await reader(order);
  } catch (error) {
    throw new ProtocolError("bad_task", error instanceof Error ? error.message : "not drawn");
  }
}

/** Kept, or fetched and kept; digested every time. */
async function viewOctets(operation: Operation, digest: string): Promise<Uint8Array> {
  const { views, connection, platform } = operation;
  const kept = await views.get(digest, platform.now());
  const octets = kept ?? (await connection.getBytes(`/api/phone/views/${digest}`, operation.loggedIn()));
  if (hex(sm3(octets)) !== digest) {
    await views.drop(digest);
    throw new ProtocolError("bad_task", "another view than the task's");
  }
  if (kept === null) {
    await views.put(digest, octets, platform.now());
  }
  return octets;
}

/**
 * Renders a document by its view and compares the requester's description with the content, on this phone,
 * and checks both against the task. Any difference is `bad_task`, and nothing is signed.
 */

import { signedXmlOf } from "@mshield/forms/xml.ts";
import { hex, sm3 } from "@mshield/gm";
import type { DocumentOrder } from "@mshield/views";
import { contentKindOf } from "@mshield/views/media_type.ts";

import { NetworkError, ProtocolError } from "./errors.ts";
import type { Task } from "./messages.ts";
import type { Operation } from "./operation.ts";
import type { CheckedReading } from "./task_reading.ts";
import { isRegistered } from "./view_registration.ts";

/** Fields of a task that are read here; an inbox task has no message yet and is read again once taken. */
export type Readable = Pick<Task, "title" | "display" | "content" | "mediaType" | "view" | "drawn"> &
  Partial<Pick<Task, "message" | "options">>;

/** Returns a document reader's order for a task; `octets` are its view's. */
export function orderOf(task: Readable, octets: Uint8Array | null): DocumentOrder {
  const { title, display, content, mediaType, message, options } = task;
  const lines = display.map(({ label, value }) => [label, value] as const);
  const kind = contentKindOf(mediaType);
  // Content that isn't text isn't read here, so it needn't be copied.
  const isRead = kind !== null || octets !== null;
  return {
    kind,
    content: isRead ? content : null,
    view: octets,
    said: { title, lines },
    signedXml: message && options ? signedXmlOf({ message, options }) : null,
  };
}

/**
 * Returns the task with its view's octets and its reading. `clientId` is the system that the view must be
 * registered for. If the registration isn't proven, no key lines represent the document, as without a view.
 * Throws: ProtocolError `bad_task`, NetworkError.
 */
export async function readTaskHere<T extends Readable>(
  operation: Operation,
  task: T,
  clientId: string,
): Promise<T & Pick<Task, "view" | "reading">> {
  const { view } = task;
  const octets = view === null ? null : await viewOctets(operation, view.digest);
  const reading = await drawnBy(operation, orderOf(task, octets));
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
  const isProven = view === null || (await isRegistered(operation, view, clientId));
  return {
    ...task,
    view: view && { ...view, octets, ...(!isProven && { isUnproven: true }) },
    reading: {
      compared: reading.comparedDigest,
      isMismatch: reading.compared?.mismatch ?? false,
      key: isProven ? (reading.drawn?.lines ?? null) : null,
    },
  };
}

/**
 * Retries a reader whose own file didn't load, like a call to the service: it checked nothing of the content.
 */
async function drawnBy({ connection, reader }: Operation, order: DocumentOrder): Promise<CheckedReading> {
  try {
    return await connection.persistently(() => reader(order));
  } catch (error) {
    if (error instanceof NetworkError) {
      throw error;
    }
    throw new ProtocolError("bad_task", error instanceof Error ? error.message : "not drawn");
  }
}

/** Returns the view's octets, cached or fetched; their digest is checked every time. */
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

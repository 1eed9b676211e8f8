/** Whether what is to be signed is what the phone shows (protocol, "Documents", "What a login signs"). */

import {
  type Confirmed,
  displayDigest,
  isAmbiguous,
  isLikeAttributes,
  LOGIN_FIELDS,
  LOGIN_TYPE,
  loginBytes,
  type LoginMessage,
  type Shown,
  shownDigest,
  signedAttributes,
  someMember,
} from "@mshield/forms";
import { hex, same, sm3 } from "@mshield/gm";

import { ProtocolError } from "./errors.ts";
import { Fields } from "./fields.ts";
import type { Requester, Task } from "./messages.ts";
import { readJson } from "./strict_json.ts";

/** ProtocolError `bad_task` for a document whose message doesn't bind what it shows. */
export function checkDocument(task: Task): void {
  const { format, message, content } = task;
  if (format === "raw") {
    if (isLikeAttributes(message) || isLoginMessage(message)) {
      throw new ProtocolError("bad_task", "signed attributes, or a login, as content");
    }
    if (isAmbiguous(message)) {
      throw new ProtocolError("bad_task", "content whose signature would serve for something else");
    }
    return;
  }
  const size = content?.length ?? task.size;
  if (size === null || (content === null && format !== "cms_detached")) {
    throw new ProtocolError("bad_task", "a document without content or size");
  }
  const digest = content === null ? digestIn(message) : sm3(content);
  if (!same(message, signedAttributes(digest, displayDigest(displayOf(task, size))))) {
    throw new ProtocolError("bad_task", "not the signed attributes of this document and display");
  }
}

/** What is bound of what the phone did with it, or is told to the log; null where the service doesn't ask for that. */
export function shownOf(task: Task, confirmed: Confirmed): { confirmed: Confirmed; shown: string } | null {
  if (!task.isDrawn || task.purpose === "login") {
    return null;
  }
  const display = displayDigest(displayOf(task, task.content?.length ?? task.size ?? 0));
  const { drawn, reading } = task;
  const shown = shownDigest({
    compared: reading?.compared ?? null,
    confirmed,
    content: contentDigest(task),
    display,
    drawn,
    view: task.view?.digest ?? null,
  });
  return { confirmed, shown: hex(shown) };
}

function displayOf({ title, mediaType, display, isDrawn, view, drawn }: Task, size: number): Shown {
  const drawing = { view: view?.digest ?? null, drawn };
  return { title, mediaType, size, lines: display, ...(isDrawn && { drawing }) };
}

/** SM3 of the document's content, which may be elsewhere; of a checked task. */
export function contentDigest({ content, message }: Pick<Task, "content" | "message">): Uint8Array {
  return content === null ? digestIn(message) : sm3(content);
}

/** A login's message is canonical JSON that names this request and this business system; ProtocolError `bad_task`. */
export function checkLogin(message: Uint8Array, requestId: string, requester: Requester): void {
  const login = new Fields(readJson(message), LOGIN_FIELDS);
  const isShown =
    login.text("type") === LOGIN_TYPE &&
    login.text("request_id") === requestId &&
    login.text("domain") === requester.domain &&
    login.text("name") === requester.name;
  if (!isShown) {
    throw new ProtocolError("bad_task", "the login is for another request or business system");
  }
  const canonical = loginBytes(
    Object.fromEntries(
      LOGIN_FIELDS.map((name) => [name, name === "issued_at" ? login.integer(name) : login.text(name)]),
    ) as LoginMessage,
  );
  if (!same(canonical, message)) {
    throw new ProtocolError("bad_task", "the login is not in canonical form");
  }
}

/** Whether any reader of JSON might take this for what a login signs, however it is written. */
export function isLoginMessage(content: Uint8Array): boolean {
  return someMember(new TextDecoder().decode(content), "type", LOGIN_TYPE);
}

/** The content's digest in signed attributes whose content isn't here; the caller compares the whole. */
function digestIn(message: Uint8Array): Uint8Array {
  const zero = new Uint8Array(32);
  const at = signedAttributes(zero, zero).findIndex((byte, i) => byte !== OTHER[i]);
  return message.length === OTHER.length ? message.subarray(at, at + 32) : zero;
}

/** Their lengths never change, and their order is decided by their types: the digest stands in one place. */
const OTHER = signedAttributes(new Uint8Array(32).fill(255), new Uint8Array(32));

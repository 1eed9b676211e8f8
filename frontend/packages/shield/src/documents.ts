/** Checks that what is signed is what the phone displays (protocol, "Documents", "What a login signs"). */

import {
  boundData,
  type Confirmation,
  type Pages,
  DISPLAY_OID,
  displayDigest,
  isAmbiguous,
  isLikeAttributes,
  isOfdList,
  isCustomArc,
  LOGIN_FIELDS,
  LOGIN_TYPE,
  loginBytes,
  type LoginMessage,
  allowsDetached,
  messageOf,
  type Display,
  fullDisplayDigest,
  signedAttributes,
  isContentSigned,
  hasMember,
} from "@mshield/forms";
import { signedXmlOf } from "@mshield/forms/xml.ts";
import { hex, equalBytes, sm3 } from "@mshield/gm";

import { ProtocolError } from "./errors.ts";
import { checkXmlDocument } from "./xml_documents.ts";
import { Fields } from "./fields.ts";
import type { Requester, Task } from "./messages.ts";
import type { Operation } from "./operation.ts";
import type { DisplayItem } from "./secrets.ts";
import { checkPdf } from "./pdf_document.ts";
import { readJson } from "./strict_json.ts";

/**
 * Checks that a document's message binds its display. `displayOids` are the attributes that may bind a
 * display, `certificate` is SM3 of this phone's certificate. Throws: ProtocolError `bad_task`.
 */
export function checkDocument(
  task: Task,
  displayOids: readonly string[] = [DISPLAY_OID],
  certificate: Uint8Array | null = null,
): void {
  const { format, message, content, options, signingTime } = task;
  if (options.signingTime !== (signingTime !== null)) {
    throw new ProtocolError("bad_task", "a signing time is missing or too many");
  }
  if (content !== null && isOfdList(content)) {
    throw new ProtocolError("bad_task", "the list by which an OFD is signed, whose pages are not here");
  }
  if (isContentSigned(format, options)) {
    if (isLikeAttributes(message) || isLoginMessage(message)) {
      throw new ProtocolError("bad_task", "signed attributes, or a login, as content");
    }
    if (isAmbiguous(message)) {
      throw new ProtocolError("bad_task", "content whose signature would serve for something else");
    }
    return;
  }
  const signedXml = signedXmlOf(task);
  if (signedXml !== null) {
    checkXmlDocument(task, signedXml);
    return;
  }
  const size = content?.length ?? task.size;
  if (size === null || (content === null && !allowsDetached(format, options))) {
    throw new ProtocolError("bad_task", "a document without content or size");
  }
  if (options.displayOid !== null && !displayOids.includes(options.displayOid)) {
    throw new ProtocolError("bad_task", "the display under an attribute that this phone doesn't know");
  }
  const display = displayDigest(displayOf(task, size));
  if (format === "pdf") {
    checkPdf(task, display, certificate);
    return;
  }
  const digest = content === null ? digestIn(task) : sm3(content);
  const whole = messageOf(format, options, { content, digest, display, signingTime });
  if (whole === null || !equalBytes(message, whole)) {
    throw new ProtocolError("bad_task", "not what is signed of this document and display");
  }
}

/**
 * Returns the attributes that may bind a display: those that every phone knows, and the one of the service's
 * policy.
 */
export async function displayOidsFor(
  operation: Operation,
  tasks: readonly Task[],
): Promise<readonly string[]> {
  const known = [DISPLAY_OID];
  if (tasks.every(({ options }) => options.displayOid === null || known.includes(options.displayOid))) {
    return known;
  }
  const policy = new Fields(await operation.connection.get("/api/phone/policy", operation.anonymous()));
  const own = policy.text("display_oid");
  if (!isCustomArc(own)) {
    throw new ProtocolError("bad_task", "no attribute of an operator");
  }
  return [...known, own];
}

/** Returns what is bound of the display, or reported to the log; null for a login. */
export function displayItem(
  task: Task,
  confirmed: Confirmation,
  pages: Pages | null = null,
): DisplayItem | null {
  if (task.purpose === "login") {
    return null;
  }
  const display = displayDigest(displayOf(task, task.content?.length ?? task.size ?? 0));
  const { drawn, reading } = task;
  const shown = fullDisplayDigest({
    compared: reading?.compared ?? null,
    confirmed,
    content: contentDigest(task),
    display,
    drawn,
    view: task.view?.digest ?? null,
    pages,
  });
  return { confirmed, shown: hex(shown), ...(pages && { pages }) };
}

function displayOf({ title, mediaType, display, isDrawn, view, drawn }: Task, size: number): Display {
  const drawing = { view: view?.digest ?? null, drawn };
  return { title, mediaType, size, lines: display, ...(isDrawn && { drawing }) };
}

/** Returns SM3 of the content of a checked task; the content itself may be elsewhere. */
export function contentDigest(task: SignedTask): Uint8Array {
  const { content, message } = task;
  if (content !== null) {
    return sm3(content);
  }
  return task.options.displayOid === null ? message : digestIn(task);
}

export type SignedTask = Pick<Task, "content" | "message" | "format" | "options" | "signingTime">;

/**
 * Checks that a login's message is canonical JSON that names this request and business system. Throws:
 * ProtocolError `bad_task`.
 */
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
  if (!equalBytes(canonical, message)) {
    throw new ProtocolError("bad_task", "the login is not in canonical form");
  }
}

/** Reports whether any JSON reader might take this for a login's message, however it is written. */
export function isLoginMessage(content: Uint8Array): boolean {
  return hasMember(new TextDecoder().decode(content), "type", LOGIN_TYPE);
}

/**
 * Returns the content's digest from signed attributes whose content isn't here; the caller compares the
 * whole.
 */
function digestIn({ message, format, options, signingTime }: SignedTask): Uint8Array {
  const bound = boundData(format, options, signingTime);
  // The attributes' lengths are fixed and their types determine the order, so the digest is always at one
  // place.
  const [one, other] = [NO_DIGEST, OTHER].map((digest) => signedAttributes(digest, NO_DIGEST, bound)) as [
    Uint8Array,
    Uint8Array,
  ];
  const at = one.findIndex((byte, i) => byte !== other[i]);
  return message.length === other.length ? message.subarray(at, at + 32) : NO_DIGEST;
}

const NO_DIGEST = new Uint8Array(32);
const OTHER = new Uint8Array(32).fill(255);

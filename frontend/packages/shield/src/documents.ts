/** Whether what is to be signed is what the phone shows (protocol, "Documents", "What a login signs"). */

import {
  boundBy,
  type Confirmed,
  type Pages,
  DISPLAY_OIDS,
  displayDigest,
  isAmbiguous,
  isLikeAttributes,
  isOperatorsArc,
  LOGIN_FIELDS,
  LOGIN_TYPE,
  loginBytes,
  type LoginMessage,
  mayBeElsewhere,
  messageOf,
  type Shown,
  shownDigest,
  signedAttributes,
  signsContent,
  someMember,
} from "@mshield/forms";
import { signedXmlOf } from "@mshield/forms/xml.ts";
import { hex, same, sm3 } from "@mshield/gm";

import { ProtocolError } from "./errors.ts";
import { checkXmlDocument } from "./xml_documents.ts";
import { Fields } from "./fields.ts";
import type { Requester, Task } from "./messages.ts";
import type { Operation } from "./operation.ts";
import type { ShownItem } from "./secrets.ts";
import { checkPdf } from "./pdf_document.ts";
import { readJson } from "./strict_json.ts";

/**
 * ProtocolError `bad_task` for a document whose message doesn't bind what it shows. `displayOids` are the attributes that
 * may bind a display, `certificate` is SM3 of this phone's.
 */
export function checkDocument(
  task: Task,
  displayOids: readonly string[] = DISPLAY_OIDS,
  certificate: Uint8Array | null = null,
): void {
  const { format, message, content, options, signingTime } = task;
  if (options.signingTime !== (signingTime !== null)) {
    throw new ProtocolError("bad_task", "a signing time is missing or too many");
  }
  if (signsContent(format, options)) {
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
  if (size === null || (content === null && !mayBeElsewhere(format, options))) {
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
  // An older service doesn't tell under which one the display stands.
  const isThis = displayOids.some((displayOid) => {
    const digest = content === null ? digestIn(task, displayOid) : sm3(content);
    const whole = messageOf(format, options, { content, digest, display, signingTime }, displayOid);
    return whole !== null && same(message, whole);
  });
  if (!isThis) {
    throw new ProtocolError("bad_task", "not what is signed of this document and display");
  }
}

/** The attributes that may bind a display: those that every phone knows, and the one of the service's policy. */
export async function displayOidsFor(
  operation: Operation,
  tasks: readonly Task[],
): Promise<readonly string[]> {
  const known: readonly string[] = DISPLAY_OIDS;
  if (tasks.every(({ options }) => options.displayOid === null || known.includes(options.displayOid))) {
    return known;
  }
  const policy = new Fields(await operation.connection.get("/api/phone/policy", operation.anonymous()));
  const own = policy.text("display_oid");
  if (!isOperatorsArc(own)) {
    throw new ProtocolError("bad_task", "no attribute of an operator");
  }
  return [...known, own];
}

/** What is bound of what the phone did with it, or is told to the log; null where the service doesn't ask for that. */
export function shownOf(task: Task, confirmed: Confirmed, pages: Pages | null = null): ShownItem | null {
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
    pages,
  });
  return { confirmed, shown: hex(shown), ...(pages && { pages }) };
}

function displayOf({ title, mediaType, display, isDrawn, view, drawn }: Task, size: number): Shown {
  const drawing = { view: view?.digest ?? null, drawn };
  return { title, mediaType, size, lines: display, ...(isDrawn && { drawing }) };
}

/** SM3 of the document's content, which may be elsewhere; of a checked task. */
export function contentDigest(task: SignedTask): Uint8Array {
  const { content, message } = task;
  if (content !== null) {
    return sm3(content);
  }
  const at = DISPLAY_OIDS.map((displayOid) => digestIn(task, displayOid));
  return at.find((digest) => !same(digest, NO_DIGEST)) ?? message;
}

export type SignedTask = Pick<Task, "content" | "message" | "format" | "options" | "signingTime">;

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
function digestIn({ message, format, options, signingTime }: SignedTask, displayOid: string): Uint8Array {
  const bound = boundBy(format, options, signingTime, displayOid);
  // Their lengths never change, and their order is decided by their types: the digest stands in one place.
  const [one, other] = [NO_DIGEST, OTHER].map((digest) => signedAttributes(digest, NO_DIGEST, bound)) as [
    Uint8Array,
    Uint8Array,
  ];
  const at = one.findIndex((byte, i) => byte !== other[i]);
  return message.length === other.length ? message.subarray(at, at + 32) : NO_DIGEST;
}

const NO_DIGEST = new Uint8Array(32);
const OTHER = new Uint8Array(32).fill(255);

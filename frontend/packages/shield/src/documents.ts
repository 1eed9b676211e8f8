/** Whether what is to be signed is what the phone shows (protocol, "Documents", "What a login signs"). */

import { same, sm3 } from "@mshield/gm";

import { octetString, oid, sequence, setOf, tlv, SET } from "./der.ts";
import { ProtocolError } from "./errors.ts";
import { Fields } from "./fields.ts";
import type { Line, Requester, Task } from "./messages.ts";
import { canonicalJson, readJson, someMember } from "./strict_json.ts";

export const LOGIN_TYPE = "mshield-login/v1";
const LOGIN_FIELDS = ["type", "request_id", "client_id", "domain", "name", "nonce", "issued_at"] as const;
const DATA = oid("1.2.840.113549.1.7.1");
const CONTENT_TYPE = oid("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST = oid("1.2.840.113549.1.9.4");
const DISPLAY = oid("2.25.110860620154935717330723700372722797771.1");

/** What the phone shows of a document. */
export interface Shown {
  readonly title: string;
  readonly mediaType: string;
  readonly size: number;
  readonly lines: readonly Line[];
}

/** ProtocolError `bad_task` for a document whose message doesn't bind what it shows. */
export function checkDocument(task: Task): void {
  const { format, message, content } = task;
  if (format === "raw") {
    if (isLikeAttributes(message) || isLoginMessage(message)) {
      throw new ProtocolError("bad_task", "signed attributes, or a login, as content");
    }
    return;
  }
  const size = content?.length ?? task.size;
  if (size === null || (content === null && format !== "cms_detached")) {
    throw new ProtocolError("bad_task", "a document without content or size");
  }
  const shown = { title: task.title, mediaType: task.mediaType, size, lines: task.display };
  const digest = content === null ? digestIn(message) : sm3(content);
  if (!same(message, signedAttributes(digest, shown))) {
    throw new ProtocolError("bad_task", "not the signed attributes of this document and display");
  }
}

/** M by `cms` and `cms_detached`: the three signed attributes in their one form; `digest` is SM3 of the content. */
export function signedAttributes(digest: Uint8Array, shown: Shown): Uint8Array {
  return attributes(digest, sm3(displayBytes(shown)));
}

/** SM3 of the document's content, which may be elsewhere; of a checked task. */
export function contentDigest({ content, message }: Pick<Task, "content" | "message">): Uint8Array {
  return content === null ? digestIn(message) : sm3(content);
}

/** What is shown, as canonical JSON. */
export function displayBytes({ title, mediaType, size, lines }: Shown): Uint8Array {
  return canonicalJson({
    lines: lines.map(({ label, value }) => ({ label, value })),
    media_type: mediaType,
    size,
    title,
    type: "mshield-display/v1",
  });
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
  const canonical = canonicalJson({
    ...Object.fromEntries(LOGIN_FIELDS.map((name) => [name, name === "issued_at" ? 0 : login.text(name)])),
    issued_at: login.integer("issued_at"),
  });
  if (!same(canonical, message)) {
    throw new ProtocolError("bad_task", "the login is not in canonical form");
  }
}

/**
 * Whether content begins as signed attributes do, anyone's: a SET of a SEQUENCE that begins with an OID, in BER. A bare
 * signature over such content would serve as a CMS signature over another content, which nobody saw.
 */
export function isLikeAttributes(content: Uint8Array): boolean {
  let at = 0;
  for (const tag of [0x31, 0x30]) {
    const length = content[at + 1];
    if (length === undefined || content[at] !== tag) {
      return false;
    }
    at += 2 + (length & 0x80 ? length & 0x7f : 0);
  }
  return content[at] === 6;
}

/** Whether any reader of JSON might take this for what a login signs, however it is written. */
export function isLoginMessage(content: Uint8Array): boolean {
  return someMember(new TextDecoder().decode(content), "type", LOGIN_TYPE);
}

/** The content's digest in signed attributes whose content isn't here; the caller compares the whole. */
function digestIn(message: Uint8Array): Uint8Array {
  const zero = new Uint8Array(32);
  const at = attributes(zero, zero).findIndex((byte, i) => byte !== OTHER[i]);
  return message.length === OTHER.length ? message.subarray(at, at + 32) : zero;
}

/** Their lengths never change, and their order is decided by their types: the digest stands in one place. */
const OTHER = attributes(new Uint8Array(32).fill(255), new Uint8Array(32));

function attributes(digest: Uint8Array, display: Uint8Array): Uint8Array {
  return setOf(
    attribute(CONTENT_TYPE, DATA),
    attribute(MESSAGE_DIGEST, octetString(digest)),
    attribute(DISPLAY, octetString(display)),
  );
}

function attribute(type: Uint8Array, value: Uint8Array): Uint8Array {
  return sequence(type, tlv(SET, value));
}

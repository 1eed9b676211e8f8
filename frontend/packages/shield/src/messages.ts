/**
 * The service's answers as typed values. Unknown fields are ignored, so that a newer service may say more; those of
 * co-signing are read strictly in `cosign_messages.ts`.
 */

import { type Format, FormError, FORMATS, type Options, readOptions, signsContent } from "@mshield/forms";
import { hex } from "@mshield/gm";

import { ProtocolError } from "./errors.ts";
import { Fields, fromBase64 } from "./fields.ts";
import type { TaskReading } from "./task_reading.ts";

export const KINDS = ["login", "signature"] as const;
export type Kind = (typeof KINDS)[number];
export { type Format, FORMATS };

/**
 * Who asks: the business system, and the PC in front of which the user should sit. Views are registered for `clientId`, which
 * an older service doesn't tell.
 */
export interface Requester {
  readonly clientId?: string | null;
  readonly name: string;
  readonly domain: string;
  readonly pcAddress: string | null;
  readonly pcBrowser: string | null;
}

/** One line of what is shown. */
export interface Line {
  readonly label: string;
  readonly value: string;
}

/**
 * One document to sign; `message` is M, the exact bytes that a verifier hashes. `content` is what is shown: M itself by
 * format `raw`, null where only its digest and `size` are here.
 */
export interface Task {
  readonly sid: string;
  readonly uid: string;
  readonly purpose: string;
  readonly state: string;
  readonly message: Uint8Array;
  readonly mediaType: string;
  readonly title: string;
  readonly display: readonly Line[];
  readonly format: Format;
  readonly content: Uint8Array | null;
  readonly size: number | null;
  readonly options: Options;
  /** The one among the signed attributes, in ms. */
  readonly signingTime: number | null;
  /** Of a PDF that is signed in itself: what stands behind its content; absent otherwise. */
  readonly update?: Uint8Array;
  readonly gap?: readonly number[];
  /** Whether view and drawn lines are bound into it; an older service knows neither. */
  readonly isDrawn: boolean;
  readonly view: TaskView | null;
  /** SM3 of the drawn lines, in hex; null without a view. */
  readonly drawn: string | null;
  /** Null until the phone has read it. */
  readonly reading: TaskReading | null;
}

/**
 * A view, its digest in hex; `octets` are null until the phone has them. `isUnproven`: the service didn't prove that it is
 * registered, and this phone knows the log.
 */
export interface TaskView {
  readonly id: string;
  readonly version: number;
  readonly digest: string;
  readonly octets: Uint8Array | null;
  readonly isUnproven?: boolean;
}

/**
 * A scanned request. `number` (two digits) must be the one that the PC shows; `returnUrl` is where one by another app
 * leads back to, null for others.
 */
export interface Scan {
  readonly requestId: string;
  readonly kind: Kind;
  readonly number: string;
  readonly requester: Requester;
  readonly returnUrl: string | null;
  /** When it was asked for, ms; null where an older service doesn't say. */
  readonly askedAt: number | null;
  readonly expiresAt: number;
  /** How long (ms) its reader may prolong it, once; null where that was done, for a login, and of an older service. */
  readonly prolongsBy: number | null;
  readonly tasks: readonly Task[];
  /** Taken from the inbox: no page need be open that shows `number`. Absent in what an earlier version kept. */
  readonly isFromInbox?: boolean;
  /** Of several requests of one system that are answered together, `tasks` being those of all; this is the first. */
  readonly parts?: readonly Part[];
}

/**
 * A request whose code was read before login: `claim` is scanned in place of the code until `expiresAt` (ms). `login` is there
 * where one PIN opens the app and confirms it; an older service has none.
 */
export interface Claim {
  readonly claim: string;
  readonly kind: Kind;
  readonly requester: Requester;
  readonly expiresAt: number;
  readonly login: ClaimedLogin | null;
}

/** What of a login is shown before the PIN, and its document's M in base64. Plain JSON, so that a tab can keep it. */
export interface ClaimedLogin {
  readonly requestId: string;
  readonly number: string;
  readonly sid: string;
  readonly message: string;
  readonly unlike: readonly Unlike[];
  readonly askedAt: number;
  readonly expiresAt: number;
}

/** What of a login is new: its computer, as system and browser, or its network. */
export type Unlike = "computer" | "network";

/** One of several requests, and the documents in it. */
export interface Part {
  readonly requestId: string;
  readonly sids: readonly string[];
}

/** A request that waits for this shield; `title` is that of the first of its `documents`. One of unknown kind is a newer service's. */
export interface InboxRequest {
  readonly requestId: string;
  readonly kind: Kind | "unknown";
  readonly title: string;
  readonly documents: number;
  readonly requester: Requester;
  readonly askedAt: number;
  readonly expiresAt: number;
}

/** The names in the certificate: enterprise, role and person. */
export interface Subject {
  readonly country: string;
  readonly organisation: string;
  readonly role: string;
  readonly commonName: string;
}

/** The certificate of this device and its state; `logKey` is the log's vkey, which an older service doesn't tell. */
export interface IssuedCertificate {
  readonly logKey: string | null;
  readonly state: string;
  readonly holds: readonly string[];
  readonly serial: string;
  readonly shieldNumber: string;
  readonly pem: string;
  readonly chainPem: readonly string[];
  readonly subject: Subject;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly pinChangeDue: boolean;
  /** What happened to it, the oldest first; empty where an older service doesn't say. */
  readonly changes: readonly CertificateChange[];
}

/** `by` is `service`, `user`, `legal_person` or `staff`; `at` in ms. */
export interface CertificateChange {
  readonly event: string;
  readonly by: string;
  readonly reason: string;
  readonly at: number;
}

/** A begun enrolment. */
export interface Enrolment {
  readonly uid: Uint8Array;
  readonly sid: Uint8Array;
  readonly challenge: string;
  readonly shieldNumber: string;
  readonly subject: Subject;
  /** The holder's own, where the application had none: a new PIN may not stand in it. */
  readonly idNumber: string | null;
}

export function readTask(value: unknown): Task {
  const of = new Fields(value);
  const message = fromBase64(of.text("message_b64"));
  const format = of.has("format") ? of.word("format", FORMATS) : "raw";
  const content = of.textOrNull("content_b64");
  const options = optionsOf(of, format);
  return {
    sid: of.text("sid"),
    uid: of.text("uid"),
    purpose: of.text("purpose"),
    state: of.text("state"),
    message,
    mediaType: of.text("media_type"),
    title: of.text("title"),
    display: of.list("display").map(readLine),
    format,
    content: signsContent(format, options) ? message : content === null ? null : fromBase64(content),
    size: of.integerOrNull("size"),
    options,
    signingTime: of.integerOrNull("signing_time"),
    ...(of.names("update_b64") && {
      update: fromBase64(of.text("update_b64")),
      gap: of.list("gap").map(Number),
    }),
    isDrawn: of.names("drawn"),
    view: of.has("view") ? readView(of.object("view")) : null,
    drawn: of.has("drawn") ? hex(of.hex("drawn", 32)) : null,
    reading: null,
  };
}

/** ProtocolError `bad_task` unless they are all that the format has. */
function optionsOf(of: Fields, format: Format): Options {
  try {
    return readOptions(format, of.names("options") ? of.json("options") : undefined);
  } catch (error) {
    if (error instanceof FormError) {
      throw new ProtocolError("bad_task", error.message);
    }
    throw error;
  }
}

export function readView(of: Fields): TaskView {
  const digest = hex(of.hex("digest", 32));
  return { id: of.text("id"), version: of.integer("version"), digest, octets: null };
}

export function readLine(value: unknown): Line {
  const of = new Fields(value);
  return { label: of.text("label"), value: of.text("value") };
}

export function readScan(value: unknown): Scan {
  const of = new Fields(value);
  return {
    requestId: of.text("request_id"),
    kind: of.word("kind", KINDS),
    number: of.text("number"),
    requester: readRequester(of.object("requester")),
    returnUrl: of.has("return_url") ? of.textOrNull("return_url") : null,
    askedAt: of.integerOrNull("asked_at"),
    expiresAt: of.integer("expires_at"),
    prolongsBy: of.has("prolongs_by") ? of.integerOrNull("prolongs_by") : null,
    tasks: of.list("tasks").map(readTask),
  };
}

export function readClaim(value: unknown): Claim {
  const of = new Fields(value);
  return {
    claim: of.text("claim"),
    kind: of.word("kind", KINDS),
    requester: readRequester(of.object("requester")),
    expiresAt: of.integer("expires_at"),
    login: of.has("login") ? readClaimedLogin(of.object("login")) : null,
  };
}

function readClaimedLogin(of: Fields): ClaimedLogin {
  return {
    requestId: of.text("request_id"),
    number: of.text("number"),
    sid: hex(of.hex("sid", 16)),
    message: of.text("message_b64"),
    unlike: readUnlike(of),
    askedAt: of.integer("asked_at"),
    expiresAt: of.integer("expires_at"),
  };
}

/** What this app knows to say; a newer service may say more. */
export function readUnlike(of: Fields): Unlike[] {
  return of.texts("unlike").filter((what) => what === "computer" || what === "network");
}

/** When a prolonged request ends, ms. */
export function readProlonged(value: unknown): number {
  return new Fields(value).integer("expires_at");
}

/** The address that leads back to the app that asked. */
export function readWayBack(value: unknown): string {
  return new Fields(value).text("address");
}

export function readInbox(value: unknown): InboxRequest[] {
  return new Fields(value).list("requests").map((item) => {
    const of = new Fields(item);
    return {
      requestId: of.text("request_id"),
      kind: of.knownWord("kind", KINDS),
      title: of.text("title"),
      documents: of.integer("documents"),
      requester: readRequester(of.object("requester")),
      askedAt: of.integer("asked_at"),
      expiresAt: of.integer("expires_at"),
    };
  });
}

export function readCertificate(value: unknown): IssuedCertificate {
  const of = new Fields(value);
  return {
    logKey: of.textOrNull("log_key"),
    state: of.text("state"),
    holds: of.texts("holds"),
    serial: of.text("serial"),
    shieldNumber: of.text("shield_number"),
    pem: of.text("pem"),
    chainPem: of.texts("chain_pem"),
    subject: readSubject(of.object("subject")),
    notBefore: of.integer("not_before"),
    notAfter: of.integer("not_after"),
    pinChangeDue: of.has("pin_change_due") && of.flag("pin_change_due"),
    changes: of.has("changes") ? of.list("changes").map(readChange) : [],
  };
}

function readChange(value: unknown): CertificateChange {
  const of = new Fields(value);
  return { event: of.text("event"), by: of.text("by"), reason: of.text("reason"), at: of.integer("at") };
}

export function readEnrolment(value: unknown): Enrolment {
  const of = new Fields(value);
  return {
    uid: of.hex("uid", 16),
    sid: of.hex("sid", 16),
    challenge: of.text("challenge"),
    shieldNumber: of.text("shield_number"),
    subject: readSubject(of.object("subject")),
    idNumber: of.textOrNull("id_number"),
  };
}

export function readSubject(of: Fields): Subject {
  return {
    country: of.text("country"),
    organisation: of.text("organisation"),
    role: of.text("role"),
    commonName: of.text("common_name"),
  };
}

function readRequester(of: Fields): Requester {
  return {
    clientId: of.textOrNull("client_id"),
    name: of.text("name"),
    domain: of.text("domain"),
    pcAddress: of.textOrNull("pc_address"),
    pcBrowser: of.textOrNull("pc_browser"),
  };
}

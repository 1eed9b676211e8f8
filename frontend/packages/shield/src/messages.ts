/**
 * The service's answers as typed values. Unknown fields are ignored, so that a newer service may add some;
 * answers of co-signing are read strictly in `cosign_messages.ts`.
 */

import { type Format, FormError, FORMATS, type Options, readOptions, isContentSigned } from "@mshield/forms";
import { hex } from "@mshield/gm";

import { ProtocolError } from "./errors.ts";
import { Fields } from "./fields.ts";
import type { TaskReading } from "./task_reading.ts";
import { fromBase64 } from "./strict_json.ts";

export const KINDS = ["login", "signature"] as const;
export type Kind = (typeof KINDS)[number];
export { type Format, FORMATS };

/**
 * The requester: the business system, and the PC in front of which the user should sit. Views are registered
 * for `clientId`.
 */
export interface Requester {
  readonly clientId: string;
  readonly name: string;
  readonly domain: string;
  readonly pcAddress: string | null;
  readonly pcBrowser: string | null;
}

/** One displayed line. */
export interface Line {
  readonly label: string;
  readonly value: string;
}

/**
 * One document to sign; `message` is M, the exact bytes that a verifier hashes. `content` is what is
 * displayed: M itself with format `raw`, null if only its digest and `size` are here.
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
  /** The signing time among the signed attributes, in ms. */
  readonly signingTime: number | null;
  /** Update appended to the content of a PDF with an embedded signature; absent otherwise. */
  readonly update?: Uint8Array;
  readonly gap?: readonly number[];
  /** True if view and rendered lines are bound into M; a login has neither. */
  readonly isDrawn: boolean;
  readonly view: TaskView | null;
  /** SM3 of the rendered lines, in hex; null without a view. */
  readonly drawn: string | null;
  /** Null until the phone has read it. */
  readonly reading: TaskReading | null;
}

/**
 * A view with its digest in hex; `octets` are null until the phone has them. `isUnproven`: this phone knows
 * the log, and the service didn't prove that the view is registered.
 */
export interface TaskView {
  readonly id: string;
  readonly version: number;
  readonly digest: string;
  readonly octets: Uint8Array | null;
  readonly isUnproven?: boolean;
}

/**
 * A scanned request. `number` (two digits) must be the one that the PC shows; `returnUrl` is the return
 * address of a request by another app, null for others.
 */
export interface Scan {
  readonly requestId: string;
  readonly kind: Kind;
  readonly number: string;
  readonly requester: Requester;
  readonly returnUrl: string | null;
  /** Time of the request, ms. */
  readonly askedAt: number;
  readonly expiresAt: number;
  /** Time (ms) by which the reader may extend it, once; null if already extended, and for a login. */
  readonly prolongsBy: number | null;
  readonly tasks: readonly Task[];
  /** True if it came from the inbox, so that no page shows `number`. */
  readonly isFromInbox: boolean;
  /**
   * The requests, if several of one system are answered together: `tasks` are those of all, this is the
   * first.
   */
  readonly parts?: readonly Part[];
}

/**
 * A request whose code was read before login: `claim` is scanned instead of the code until `expiresAt` (ms).
 * `login` is present if one PIN opens the app and confirms it.
 */
export interface Claim {
  readonly claim: string;
  readonly kind: Kind;
  readonly requester: Requester;
  readonly expiresAt: number;
  readonly login: ClaimedLogin | null;
}

/**
 * Data of a login shown before the PIN, and its M in base64. It is plain JSON, so that a tab can store it.
 */
export interface ClaimedLogin {
  readonly requestId: string;
  readonly number: string;
  readonly sid: string;
  readonly message: string;
  readonly unlike: readonly NewProperty[];
  readonly askedAt: number;
  readonly expiresAt: number;
}

/** New property of a login: its computer (system and browser) or its network. */
export type NewProperty = "computer" | "network";

/** One of several requests, and its documents. */
export interface Part {
  readonly requestId: string;
  readonly sids: readonly string[];
}

/**
 * A request that waits for this shield; `title` is that of the first of its `documents`. An unknown kind
 * comes from a newer service.
 */
export interface InboxRequest {
  readonly requestId: string;
  readonly kind: Kind | "unknown";
  readonly title: string;
  readonly documents: number;
  readonly requester: Requester;
  readonly askedAt: number;
  readonly expiresAt: number;
}

/** Names in the certificate: enterprise, role and person. */
export interface Subject {
  readonly country: string;
  readonly organisation: string;
  readonly role: string;
  readonly commonName: string;
}

/** This device's certificate and its state; `logKey` is the log's vkey. */
export interface IssuedCertificate {
  readonly logKey: string;
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
  /** History, oldest first. */
  readonly changes: readonly CertificateChange[];
}

/** A change; `by` is `service`, `user`, `legal_person` or `staff`; `at` in ms. */
export interface CertificateChange {
  readonly event: string;
  readonly by: string;
  readonly reason: string;
  readonly at: number;
}

/** An enrolment that has begun. */
export interface Enrolment {
  readonly uid: Uint8Array;
  readonly sid: Uint8Array;
  readonly challenge: string;
  readonly shieldNumber: string;
  readonly subject: Subject;
  /** The holder's own number, if the application had none: a new PIN may not be part of it. */
  readonly idNumber: string | null;
}

export function readTask(value: unknown): Task {
  const of = new Fields(value);
  const message = fromBase64(of.text("message_b64"));
  const format = of.word("format", FORMATS);
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
    content: isContentSigned(format, options) ? message : content === null ? null : fromBase64(content),
    size: of.integerOrNull("size"),
    options,
    signingTime: of.names("signing_time") ? of.integer("signing_time") : null,
    ...(of.names("update_b64") && {
      update: fromBase64(of.text("update_b64")),
      gap: of.list("gap").map(Number),
    }),
    ...readDrawing(of),
    reading: null,
  };
}

/** Reads view and rendered lines, which a document of a business system has, even if both are null. */
function readDrawing(of: Fields): Pick<Task, "isDrawn" | "view" | "drawn"> {
  if (!of.names("drawn")) {
    return { isDrawn: false, view: null, drawn: null };
  }
  return {
    isDrawn: true,
    view: of.has("view") ? readView(of.object("view")) : null,
    drawn: of.has("drawn") ? hex(of.hex("drawn", 32)) : null,
  };
}

/** Reads the options. Throws: ProtocolError `bad_task` unless they are complete for the format. */
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
    returnUrl: of.textOrNull("return_url"),
    askedAt: of.integer("asked_at"),
    expiresAt: of.integer("expires_at"),
    prolongsBy: of.integerOrNull("prolongs_by"),
    tasks: of.list("tasks").map(readTask),
    isFromInbox: false,
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
    unlike: readNewProperties(of),
    askedAt: of.integer("asked_at"),
    expiresAt: of.integer("expires_at"),
  };
}

/** Returns the new properties that this app can describe; a newer service may send more. */
export function readNewProperties(of: Fields): NewProperty[] {
  return of.texts("unlike").filter((what) => what === "computer" || what === "network");
}

/** Returns when an extended request ends, ms. */
export function readProlonged(value: unknown): number {
  return new Fields(value).integer("expires_at");
}

/** Returns the return address of the app that made the request. */
export function readReturnAddress(value: unknown): string {
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
    logKey: of.text("log_key"),
    state: of.text("state"),
    holds: of.texts("holds"),
    serial: of.text("serial"),
    shieldNumber: of.text("shield_number"),
    pem: of.text("pem"),
    chainPem: of.texts("chain_pem"),
    subject: readSubject(of.object("subject")),
    notBefore: of.integer("not_before"),
    notAfter: of.integer("not_after"),
    pinChangeDue: of.flag("pin_change_due"),
    changes: of.list("changes").map(readChange),
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

/** An outside CA as people call it. */
export interface Issuer {
  readonly name: string;
  readonly nameEn: string;
}

/** Returns the outside CA `issuer`, or null if the service leaves it out: its own CA issues. */
export function readIssuer(of: Fields): Issuer | null {
  if (!of.names("issuer")) {
    return null;
  }
  const issuer = of.object("issuer");
  return { name: issuer.text("name"), nameEn: issuer.text("name_en") };
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
    clientId: of.text("client_id"),
    name: of.text("name"),
    domain: of.text("domain"),
    pcAddress: of.textOrNull("pc_address"),
    pcBrowser: of.textOrNull("pc_browser"),
  };
}

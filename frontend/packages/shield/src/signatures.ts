/** My signatures (我的签名, manual 2.3.1.7): signatures made by this phone. */

import type { Confirmation } from "@mshield/forms";
import type { DrawnLines } from "@mshield/views";

import { Fields } from "./fields.ts";
import { type Format, FORMATS, type Kind, KINDS, type Line, readLine } from "./messages.ts";
import type { Operation } from "./operation.ts";
import { fromBase64, readJson } from "./strict_json.ts";

const CONFIRMED: readonly Confirmation[] = ["none", "mismatch", "unread"];
const DRAWN_LINES = "mshield-drawn/v1";

/** A sum with its currency's name. */
export interface Sum {
  readonly name: string | null;
  readonly text: string;
}

/** Title, the other party, and sums that the view drew of the signed content. */
export interface DrawnFacts {
  readonly title: string;
  readonly party: string | null;
  readonly amounts: readonly Sum[];
}

/**
 * A month (`2026-12`): how many documents were signed, and the sums that views drew; `unsummed` counts documents
 * whose amount isn't known.
 */
export interface SignedMonth {
  readonly month: string;
  readonly count: number;
  readonly sums: readonly Sum[];
  readonly unsummed: number;
}

/** Months, newest first; unless `isWhole`, the oldest one may have more. */
export interface SignedMonths {
  readonly months: readonly SignedMonth[];
  readonly isWhole: boolean;
}

/** One line of the signature history. */
export interface SignatureRecord {
  readonly sid: string;
  readonly kind: string;
  /** The business system's word, which isn't in the signed content. */
  readonly title: string;
  readonly mediaType: string;
  /** Null if no view drew the content, or its lines are too long for a list. */
  readonly drawn: DrawnFacts | null;
  /** What the signer confirmed besides; null for a login. */
  readonly confirmed: Confirmation | "unknown" | null;
  readonly businessName: string | null;
  readonly signedAt: number;
  readonly serial: string | null;
  readonly digest: string;
}

/** A page of the history, newest first; `next` is the `before` of the following page. */
export interface SignaturePage {
  readonly items: readonly SignatureRecord[];
  readonly next: string | null;
}

/**
 * A query of the history; `words` is part of what a row shows or a whole amount, `kind` limits it to one
 * kind, `until` (ms) to earlier ones.
 */
export interface SignatureQuery {
  readonly before?: string;
  readonly until?: number;
  readonly words?: string;
  readonly kind?: Kind;
  readonly limit?: number;
}

/**
 * A signature in full: the display (`size` in bytes), `contentDigest` (SM3 of the document), business system
 * and PC, r‖s in hex, its entry in the transparency log (null until logged), and the certificate's state
 * now.
 */
export interface SignatureDetail extends Omit<SignatureRecord, "drawn"> {
  readonly kind: Kind | "unknown";
  readonly format: Format | "unknown";
  readonly size: number;
  readonly lines: readonly Line[];
  readonly domain: string | null;
  readonly requestId: string | null;
  readonly pcAddress: string | null;
  readonly pcBrowser: string | null;
  readonly logIndex: number | null;
  readonly contentDigest: string;
  /** True if the display is part of what was signed. */
  readonly isDisplayBound: boolean;
  /** The lines that the view drew of the content; null if no view drew it. */
  readonly drawing: DrawnLines | null;
  /** The holder in the certificate; null without one. */
  readonly signer: Signer | null;
  readonly signature: string;
  readonly certificateState: string | null;
  readonly revokedAt: number | null;
}

/** The signer, as on file when the certificate was issued. */
export interface Signer {
  readonly name: string;
  readonly organisation: string;
  readonly creditCode: string;
  readonly role: "legal_person" | "operator" | "unknown";
  readonly shieldNumber: string;
}

export async function signatures(
  operation: Operation,
  { before, until, words, kind, limit = 20 }: SignatureQuery,
): Promise<SignaturePage> {
  const params = {
    limit: String(limit),
    ...(before ? { before } : until !== undefined && { until: String(until) }),
    ...(words && { q: words }),
    ...(kind && { kind }),
  };
  const of = new Fields(
    await operation.connection.get("/api/phone/signatures", operation.loggedIn(), params),
  );
  return { items: of.list("items").map(readListed), next: of.textOrNull("next") };
}

/** Returns the months of a time zone (IANA). */
export async function signedMonths(operation: Operation, zone: string): Promise<SignedMonths> {
  const of = new Fields(
    await operation.connection.get("/api/phone/signatures/months", operation.loggedIn(), { zone }),
  );
  const months = of.list("items").map((value) => {
    const month = new Fields(value);
    return {
      month: month.text("month"),
      count: month.integer("count"),
      sums: month.list("sums").map(readSum),
      unsummed: month.integer("unsummed"),
    };
  });
  return { months, isWhole: of.flag("whole") };
}

/** Returns one signature; `sid` as in the list. */
export async function signature(operation: Operation, sid: string): Promise<SignatureDetail> {
  const path = `/api/phone/signatures/${encodeURIComponent(sid)}`;
  const value = await operation.connection.get(path, operation.loggedIn());
  const of = new Fields(value);
  return {
    ...readRecord(value),
    kind: of.knownWord("kind", KINDS),
    format: of.knownWord("format", FORMATS),
    size: of.integer("size"),
    lines: of.list("lines").map(readLine),
    domain: of.textOrNull("domain"),
    requestId: of.textOrNull("request_id"),
    pcAddress: of.textOrNull("pc_address"),
    pcBrowser: of.textOrNull("pc_browser"),
    logIndex: of.integerOrNull("log_index"),
    contentDigest: of.text("content_digest"),
    isDisplayBound: of.flag("display_bound"),
    drawing: drawingOf(of.textOrNull("drawing_b64")),
    signer: of.has("signer") ? signerOf(of.object("signer")) : null,
    signature: of.text("signature"),
    certificateState: of.textOrNull("certificate_state"),
    revokedAt: of.integerOrNull("revoked_at"),
  };
}

/** Returns the lines, null also for a drawing that only a newer app knows. */
function drawingOf(octets: string | null): DrawnLines | null {
  if (octets === null) {
    return null;
  }
  const lines = readJson(fromBase64(octets));
  return new Fields(lines).text("type") === DRAWN_LINES ? (lines as DrawnLines) : null;
}

function signerOf(of: Fields): Signer {
  return {
    name: of.text("name"),
    organisation: of.text("organisation"),
    creditCode: of.text("credit_code"),
    role: of.knownWord("role", ["legal_person", "operator"]),
    shieldNumber: of.text("shield_number"),
  };
}

function readListed(value: unknown): SignatureRecord {
  const of = new Fields(value);
  return { ...readRecord(value), drawn: of.has("drawn") ? drawnFacts(of.object("drawn")) : null };
}

function drawnFacts(of: Fields): DrawnFacts {
  return { title: of.text("title"), party: of.textOrNull("party"), amounts: of.list("amounts").map(readSum) };
}

function readSum(value: unknown): Sum {
  const of = new Fields(value);
  return { name: of.textOrNull("name"), text: of.text("text") };
}

function readRecord(value: unknown): Omit<SignatureRecord, "drawn"> {
  const of = new Fields(value);
  return {
    sid: of.text("sid"),
    kind: of.text("kind"),
    title: of.text("title"),
    mediaType: of.text("media_type"),
    confirmed: of.has("confirmed") ? of.knownWord("confirmed", CONFIRMED) : null,
    businessName: of.textOrNull("business_name"),
    signedAt: of.integer("signed_at"),
    serial: of.textOrNull("serial"),
    digest: of.text("digest"),
  };
}

/** Returns the evidence bundle, a JSON file that `mshield verify` and the page at /verify/ read. */
export async function evidence(operation: Operation, sid: string): Promise<Uint8Array> {
  return await operation.connection.getBytes(`/api/phone/signatures/${sid}/evidence`, operation.loggedIn());
}

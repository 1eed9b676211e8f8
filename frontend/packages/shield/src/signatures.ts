/** My signatures (我的签名, manual 2.3.1.7): what this phone has signed. */

import { Fields } from "./fields.ts";
import { type Format, FORMATS, type Kind, KINDS, type Line, readLine } from "./messages.ts";
import type { Operation } from "./operation.ts";

/** One line of the signature history. */
export interface SignatureRecord {
  readonly sid: string;
  readonly kind: string;
  readonly title: string;
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

/** Which part of the history; `words` is part of a title or of a business system's name, `kind` one of the two alone. */
export interface SignatureQuery {
  readonly before?: string;
  readonly words?: string;
  readonly kind?: Kind;
  readonly limit?: number;
}

/**
 * A signature in full: what was shown (`size` in bytes), `contentDigest` SM3 of the document, for whom and at which PC, r‖s in hex, its entry in the
 * transparency log (null until it is there, or where an older service doesn't say), how its certificate stands now.
 */
export interface SignatureDetail extends SignatureRecord {
  readonly kind: Kind | "unknown";
  readonly mediaType: string;
  readonly format: Format | "unknown";
  readonly size: number;
  readonly lines: readonly Line[];
  readonly domain: string | null;
  readonly requestId: string | null;
  readonly pcAddress: string | null;
  readonly pcBrowser: string | null;
  readonly logIndex: number | null;
  readonly contentDigest: string | null;
  /** Whether what was shown is part of what was signed. */
  readonly isDisplayBound: boolean;
  readonly signature: string;
  readonly certificateState: string | null;
  readonly revokedAt: number | null;
}

export async function signatures(
  operation: Operation,
  { before, words, kind, limit = 20 }: SignatureQuery,
): Promise<SignaturePage> {
  const params = {
    limit: String(limit),
    ...(before && { before }),
    ...(words && { q: words }),
    ...(kind && { kind }),
  };
  const of = new Fields(
    await operation.connection.get("/api/phone/signatures", operation.loggedIn(), params),
  );
  return { items: of.list("items").map(readRecord), next: of.textOrNull("next") };
}

/** One of them; `sid` as in the list. */
export async function signature(operation: Operation, sid: string): Promise<SignatureDetail> {
  const path = `/api/phone/signatures/${encodeURIComponent(sid)}`;
  const value = await operation.connection.get(path, operation.loggedIn());
  const of = new Fields(value);
  return {
    ...readRecord(value),
    kind: of.knownWord("kind", KINDS),
    mediaType: of.text("media_type"),
    format: of.knownWord("format", FORMATS),
    size: of.integer("size"),
    lines: of.list("lines").map(readLine),
    domain: of.textOrNull("domain"),
    requestId: of.textOrNull("request_id"),
    pcAddress: of.textOrNull("pc_address"),
    pcBrowser: of.textOrNull("pc_browser"),
    logIndex: of.integerOrNull("log_index"),
    contentDigest: of.textOrNull("content_digest"),
    isDisplayBound: of.has("display_bound") ? of.flag("display_bound") : of.text("format") !== "raw",
    signature: of.text("signature"),
    certificateState: of.textOrNull("certificate_state"),
    revokedAt: of.integerOrNull("revoked_at"),
  };
}

function readRecord(value: unknown): SignatureRecord {
  const of = new Fields(value);
  return {
    sid: of.text("sid"),
    kind: of.text("kind"),
    title: of.text("title"),
    businessName: of.textOrNull("business_name"),
    signedAt: of.integer("signed_at"),
    serial: of.textOrNull("serial"),
    digest: of.text("digest"),
  };
}

/** The bundle of evidence, as a file: JSON, which `mshield verify` and the page at /verify/ read. */
export async function evidence(operation: Operation, sid: string): Promise<Uint8Array> {
  return await operation.connection.getBytes(`/api/phone/signatures/${sid}/evidence`, operation.loggedIn());
}

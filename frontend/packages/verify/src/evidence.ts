/**
 * Strict reader of the evidence bundle `mshield-evidence/v2` (docs/evidence.md): no extra, missing or repeated
 * fields, no second spelling of a value. `verify_evidence.ts` checks the values.
 */

import {
  canonicalJson,
  type Confirmation,
  type DisplayLine,
  type Format,
  FormError,
  FORMATS,
  fromBase64,
  isWellFormed,
  type Options,
  type Pages,
  readJson,
  readOptions,
} from "@mshield/forms";
import { sha256 } from "@noble/hashes/sha2.js";

export const TYPE = "mshield-evidence/v2";
const CONFIRMED = ["none", "mismatch", "unread"] as const;

const MAX_PAGES = 100_000;
const PROFILES = ["sm2", "p256"] as const;
export type Profile = (typeof PROFILES)[number];

/** Time stamp token in DER; profile and time (`at`, ms) repeat the token's own. */
export interface TimeStamp {
  readonly token: Uint8Array;
  readonly profile: Profile;
  readonly at: number;
}

/** Bytes are decoded, hex remains text. */
export interface Evidence {
  readonly request: {
    readonly id: string;
    readonly kind: "login" | "signature";
    readonly system: { readonly clientId: string; readonly name: string; readonly domain: string };
  };
  readonly document: {
    readonly sid: string;
    readonly title: string;
    readonly mediaType: string;
    readonly format: Format;
    readonly size: number;
    readonly digest: string;
    readonly content: Uint8Array | null;
    readonly display: readonly DisplayLine[];
    /** Canonical octets of the view that rendered it, and SM3 (hex) of the rendered lines; null without one. */
    readonly view: Uint8Array | null;
    readonly drawn: string | null;
    /** The phone's report of its display; null for a login. */
    readonly shown: DisplayRecord | null;
    /** The format's options. */
    readonly options: Options;
    /** Update appended to the content of a PDF with an embedded signature; null otherwise. */
    readonly update: Uint8Array | null;
  };
  readonly signature: {
    readonly signedAt: number;
    readonly value: Uint8Array;
    readonly attributes: Uint8Array | null;
    /**
     * Empty with the format `xml`, which has a finished file instead; that is null with all other formats.
     */
    readonly cms: Uint8Array;
    readonly file: Uint8Array | null;
  };
  readonly certificatePem: string;
  /** Issuing CA, then root, which isn't trusted just because it is here. */
  readonly chainPem: readonly [string, string];
  readonly status: { readonly ocsp: Uint8Array; readonly caOcsp: Uint8Array };
  readonly log: {
    readonly key: string;
    readonly uid: string;
    readonly salt: Uint8Array;
    readonly entry: Uint8Array;
    readonly index: number;
    readonly hashes: readonly Uint8Array[];
    readonly checkpoint: string;
    /** Entry of the view that rendered the document, under the same checkpoint; null if it is missing. */
    readonly view: LoggedEntry | null;
    /** On the checkpoint's octets. */
    readonly timeStamps: readonly TimeStamp[];
    /** The log's signed note over the whole bundle; null in bundles made before there were any. */
    readonly belongs: string | null;
  };
  /** SHA-256 of the bundle without that note, as canonical JSON. */
  readonly parts: Uint8Array;
  readonly timeStamps: readonly TimeStamp[];
  readonly holder: Holder;
}

export interface DisplayRecord {
  readonly compared: string | null;
  readonly confirmed: Confirmation;
  /** Pages that were on the screen, if signed unread; null if not reported. */
  readonly pages: Pages | null;
}

export interface LoggedEntry {
  readonly entry: Uint8Array;
  readonly index: number;
  readonly hashes: readonly Uint8Array[];
}

/** Owner of the shield that signed; the ID number is masked, null if the operator doesn't include it. */
export interface Holder {
  readonly shieldNumber: string;
  readonly idNumberMasked: string | null;
}

/** Parses the bundle in a file; white space and order are free. Throws: FormError. */
export function parseEvidence(data: Uint8Array): Evidence {
  const top = members(readJson(data, { integers: true }), [
    "type", "request", "document", "signature", "certificate_pem", "chain_pem", "status", "log", "time_stamps",
    "holder",
  ]); // prettier-ignore
  word(top["type"], [TYPE]);
  const [issuing, root, ...more] = list(top["chain_pem"]).map(text);
  if (issuing === undefined || root === undefined || more.length > 0) {
    throw new FormError("a chain is issuing CA and root");
  }
  const request = readRequest(top["request"]);
  const document = readDocument(top["document"]);
  if ((document.shown === null) !== (request.kind === "login")) {
    throw new FormError("a login with what was shown of it, or a document without");
  }
  return {
    request,
    document,
    signature: readSignature(top["signature"], document.format === "xml"),
    certificatePem: text(top["certificate_pem"]),
    chainPem: [issuing, root],
    status: readStatus(top["status"]),
    log: readLog(top["log"], document.view !== null),
    parts: partsOf(top),
    timeStamps: list(top["time_stamps"]).map(readTimeStamp),
    holder: readHolder(top["holder"]),
  };
}

function partsOf(top: Members): Uint8Array {
  const { belongs: _, ...log } = object(top["log"]);
  return sha256(canonicalJson({ ...top, log }));
}

function readRequest(value: unknown): Evidence["request"] {
  const of = members(value, ["id", "kind", "business_system"]);
  const system = members(of["business_system"], ["client_id", "name", "domain"]);
  return {
    id: text(of["id"]),
    kind: word(of["kind"], ["login", "signature"]),
    system: {
      clientId: text(system["client_id"]),
      name: text(system["name"]),
      domain: text(system["domain"]),
    },
  };
}

function readDocument(value: unknown): Evidence["document"] {
  const hasOptions = Object.hasOwn(object(value), "options");
  const hasUpdate = Object.hasOwn(object(value), "update_b64");
  const of = members(value, [
    "sid", "title", "media_type", "format", "size", "digest_sm3", "content_b64", "display",
    "view_b64", "drawn", "shown",
    ...(hasOptions ? ["options"] : []),
    ...(hasUpdate ? ["update_b64"] : []),
  ]); // prettier-ignore
  const [view, shown] = [orNull(of["view_b64"], bytes), orNull(of["shown"], readShown)];
  const drawn = orNull(of["drawn"], (digest) => hexText(digest, 32));
  if (shown?.pages && drawn !== null) {
    throw new FormError("pages of what has none");
  }
  if ((view === null) !== (drawn === null) || (view !== null && shown === null)) {
    throw new FormError("a view without what it drew or what was shown, or the other way round");
  }
  const format = word(of["format"], FORMATS);
  return {
    view,
    drawn,
    shown,
    format,
    options: readOptions(format, hasOptions ? of["options"] : undefined),
    update: hasUpdate ? bytes(of["update_b64"]) : null,
    sid: hexText(of["sid"], 16),
    title: text(of["title"]),
    mediaType: text(of["media_type"]),
    size: count(of["size"]),
    digest: hexText(of["digest_sm3"], 32),
    content: orNull(of["content_b64"], bytes),
    display: list(of["display"]).map((entry) => {
      const line = members(entry, ["label", "value"]);
      return { label: text(line["label"]), value: text(line["value"]) };
    }),
  };
}

function readShown(value: unknown): Evidence["document"]["shown"] {
  const hasPages = Object.hasOwn(object(value), "pages");
  const of = members(value, ["compared", "confirmed", ...(hasPages ? ["pages"] : [])]);
  const compared = orNull(of["compared"], (digest) => hexText(digest, 32));
  const confirmed = word(of["confirmed"], CONFIRMED);
  if (hasPages && confirmed !== "unread") {
    throw new FormError("pages of what was seen whole");
  }
  return { compared, confirmed, pages: hasPages ? readPages(of["pages"]) : null };
}

/** Reads spans that must be in order, disjoint, within the document, and not all of it. */
function readPages(value: unknown): Pages {
  const of = members(value, ["count", "shown"]);
  const pages = count(of["count"]);
  let next = 1;
  const shown = list(of["shown"]).map((span): [number, number] => {
    const [first, last, ...more] = list(span).map(count);
    if (first === undefined || last === undefined || more.length > 0 || first < next || last < first) {
      throw new FormError("not pages in order");
    }
    next = last + 2;
    return [first, last];
  });
  const isAll = shown.length === 1 && shown[0]![0] === 1 && shown[0]![1] === pages;
  if (pages < 1 || pages > MAX_PAGES || next - 2 > pages || isAll) {
    throw new FormError("not pages of the document");
  }
  return { count: pages, shown };
}

function readSignature(value: unknown, isXml: boolean): Evidence["signature"] {
  const fileName = isXml ? "file_b64" : "cms_b64";
  const of = members(value, ["signed_at", "signature_b64", "signed_attributes_b64", fileName]);
  const octets = bytes(of[fileName]);
  if (octets.length === 0) {
    throw new FormError("an empty file");
  }
  return {
    signedAt: count(of["signed_at"]),
    value: bytes(of["signature_b64"]),
    attributes: orNull(of["signed_attributes_b64"], bytes),
    cms: isXml ? new Uint8Array(0) : octets,
    file: isXml ? octets : null,
  };
}

function readStatus(value: unknown): Evidence["status"] {
  const of = members(value, ["ocsp_b64", "ca_ocsp_b64"]);
  return { ocsp: bytes(of["ocsp_b64"]), caOcsp: bytes(of["ca_ocsp_b64"]) };
}

function readLog(value: unknown, isDrawn: boolean): Evidence["log"] {
  const [hasView, hasStamps, isBound] = ["view", "time_stamps", "belongs"].map((name) =>
    Object.hasOwn(object(value), name),
  );
  const of = members(value, [
    "key", "uid", "salt_b64", "entry_b64", "index", "hashes_b64", "checkpoint",
    ...(hasView ? ["view"] : []),
    ...(hasStamps ? ["time_stamps"] : []),
    ...(isBound ? ["belongs"] : []),
  ]); // prettier-ignore
  const timeStamps = hasStamps ? list(of["time_stamps"]).map(readTimeStamp) : [];
  if ((hasView && !isDrawn) || (hasStamps && timeStamps.length === 0)) {
    throw new FormError("the entry of no view, or no time stamps where there should be some");
  }
  return {
    view: hasView ? readEntry(of["view"]) : null,
    timeStamps,
    belongs: isBound ? text(of["belongs"]) : null,
    key: text(of["key"]),
    uid: hexText(of["uid"], 16),
    salt: bytes(of["salt_b64"]),
    entry: bytes(of["entry_b64"]),
    index: count(of["index"]),
    hashes: list(of["hashes_b64"]).map(bytes),
    checkpoint: text(of["checkpoint"]),
  };
}

function readEntry(value: unknown): LoggedEntry {
  const of = members(value, ["entry_b64", "index", "hashes_b64"]);
  return {
    entry: bytes(of["entry_b64"]),
    index: count(of["index"]),
    hashes: list(of["hashes_b64"]).map(bytes),
  };
}

function readHolder(value: unknown): Holder {
  const of = members(value, ["shield_number", "id_number_masked"]);
  return { shieldNumber: text(of["shield_number"]), idNumberMasked: orNull(of["id_number_masked"], text) };
}

function readTimeStamp(value: unknown): TimeStamp {
  const of = members(value, ["token_b64", "profile", "at"]);
  return { token: bytes(of["token_b64"]), profile: word(of["profile"], PROFILES), at: count(of["at"]) };
}

function orNull<T>(member: unknown, read: (value: unknown) => T): T | null {
  return member === null ? null : read(member);
}

type Members = Readonly<Record<string, unknown>>;

/** Reads an object with exactly these members. */
function members(value: unknown, names: readonly string[]): Members {
  const all = object(value);
  if (Object.keys(all).length !== names.length || !names.every((name) => Object.hasOwn(all, name))) {
    throw new FormError("a field is missing or unknown");
  }
  return all;
}

function object(value: unknown): Members {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new FormError("not an object");
  }
  return value as Members;
}

function text(value: unknown): string {
  if (typeof value !== "string" || !isWellFormed(value)) {
    throw new FormError("not text");
  }
  return value;
}

function word<T extends string>(value: unknown, words: readonly T[]): T {
  const match = words.find((choice) => choice === value);
  if (match === undefined) {
    throw new FormError(`not one of ${words.join(", ")}`);
  }
  return match;
}

function count(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new FormError("not a number from 0 up to 2^53");
  }
  return (value as number) + 0; // turns -0 into 0
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) {
    throw new FormError("not a list");
  }
  return value;
}

function bytes(value: unknown): Uint8Array {
  return fromBase64(text(value));
}

function hexText(value: unknown, length: number): string {
  const digits = text(value);
  if (digits.length !== 2 * length || !/^[0-9a-f]*$/.test(digits)) {
    throw new FormError(`not ${length} bytes of lower-case hex`);
  }
  return digits;
}

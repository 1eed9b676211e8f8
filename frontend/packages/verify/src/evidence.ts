/**
 * The evidence bundle `mshield-evidence/v2` (docs/evidence.md), and v1, which is made no longer, read strictly: no field
 * too many, too few or twice, no second spelling of a value. What the values say is judged by `verify_evidence.ts`.
 */

import {
  type Confirmed,
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

export const TYPES = ["mshield-evidence/v1", "mshield-evidence/v2"] as const;
const [V1] = TYPES;
const CONFIRMED = ["none", "mismatch", "unread"] as const;

const MAX_PAGES = 100_000;
const PROFILES = ["sm2", "p256"] as const;
export type Profile = (typeof PROFILES)[number];

/** The DER of a time stamp token; profile and time (`at`, ms) are the token's own, once more. */
export interface TimeStamp {
  readonly token: Uint8Array;
  readonly profile: Profile;
  readonly at: number;
}

/** Bytes are decoded, hex stands as it is. */
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
    /** The canonical octets of the view that drew it, and SM3 (hex) of the drawn lines; null without one, and in v1. */
    readonly view: Uint8Array | null;
    readonly drawn: string | null;
    /** What the phone told of what it showed; null for a login, and for what is older. */
    readonly shown: PhoneShown | null;
    /** The format's; `hasOptions` is false where the bundle tells none, as those from before. */
    readonly options: Options;
    readonly hasOptions: boolean;
    /** What stands behind the content of a PDF that was signed in itself; null otherwise. */
    readonly update: Uint8Array | null;
  };
  readonly signature: {
    readonly signedAt: number;
    readonly value: Uint8Array;
    readonly attributes: Uint8Array | null;
    /** Empty by the format `xml`, which has a finished file in its place; that is null by every other. */
    readonly cms: Uint8Array;
    readonly file: Uint8Array | null;
  };
  readonly certificatePem: string;
  /** Issuing CA, then root, which is not to be trusted for standing here. */
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
    /** The entry of the view that drew the document, under the same checkpoint; null where it isn't there. */
    readonly view: LoggedEntry | null;
    /** On the checkpoint's octets. */
    readonly timeStamps: readonly TimeStamp[];
  };
  /** None in v1. */
  readonly timeStamps: readonly TimeStamp[];
  /** Null where the log's entry is older than that. */
  readonly holder: Holder | null;
}

export interface PhoneShown {
  readonly compared: string | null;
  readonly confirmed: Confirmed;
  /** Which pages were on the screen, of what was signed unread; null where nobody told. */
  readonly pages: Pages | null;
}

export interface LoggedEntry {
  readonly entry: Uint8Array;
  readonly index: number;
  readonly hashes: readonly Uint8Array[];
}

/** Whose shield signed; the id number has its middle hidden, null where the operator tells none. */
export interface Holder {
  readonly shieldNumber: string;
  readonly idNumberMasked: string | null;
}

/** The bundle in a file; FormError for anything but the one form. White space and order are free. */
export function parseEvidence(data: Uint8Array): Evidence {
  const top = object(readJson(data, { integers: true }));
  const isV1 = word(top["type"], TYPES) === V1;
  const hasHolder = !isV1 && Object.hasOwn(top, "holder");
  members(top, [
    "type", "request", "document", "signature", "certificate_pem", "chain_pem", "status", "log",
    ...(isV1 ? [] : ["time_stamps"]),
    ...(hasHolder ? ["holder"] : []),
  ]); // prettier-ignore
  const [issuing, root, ...more] = list(top["chain_pem"]).map(text);
  if (issuing === undefined || root === undefined || more.length > 0) {
    throw new FormError("a chain is issuing CA and root");
  }
  const document = readDocument(top["document"], isV1);
  return {
    request: readRequest(top["request"]),
    document,
    signature: readSignature(top["signature"], document.format === "xml"),
    certificatePem: text(top["certificate_pem"]),
    chainPem: [issuing, root],
    status: readStatus(top["status"]),
    log: readLog(top["log"], document.view !== null, isV1),
    timeStamps: isV1 ? [] : list(top["time_stamps"]).map(readTimeStamp),
    holder: hasHolder ? readHolder(top["holder"]) : null,
  };
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

function readDocument(value: unknown, isV1: boolean): Evidence["document"] {
  const hasOptions = !isV1 && Object.hasOwn(object(value), "options");
  const hasUpdate = !isV1 && Object.hasOwn(object(value), "update_b64");
  const of = members(value, [
    "sid", "title", "media_type", "format", "size", "digest_sm3", "content_b64", "display",
    ...(isV1 ? [] : ["view_b64", "drawn", "shown"]),
    ...(hasOptions ? ["options"] : []),
    ...(hasUpdate ? ["update_b64"] : []),
  ]); // prettier-ignore
  const orNull = <T>(member: unknown, read: (value: unknown) => T): T | null =>
    isV1 || member === null ? null : read(member);
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
    hasOptions,
    update: hasUpdate ? bytes(of["update_b64"]) : null,
    sid: hexText(of["sid"], 16),
    title: text(of["title"]),
    mediaType: text(of["media_type"]),
    size: count(of["size"]),
    digest: hexText(of["digest_sm3"], 32),
    content: of["content_b64"] === null ? null : bytes(of["content_b64"]),
    display: list(of["display"]).map((entry) => {
      const line = members(entry, ["label", "value"]);
      return { label: text(line["label"]), value: text(line["value"]) };
    }),
  };
}

function readShown(value: unknown): Evidence["document"]["shown"] {
  const hasPages = Object.hasOwn(object(value), "pages");
  const of = members(value, ["compared", "confirmed", ...(hasPages ? ["pages"] : [])]);
  const compared = of["compared"] === null ? null : hexText(of["compared"], 32);
  const confirmed = word(of["confirmed"], CONFIRMED);
  if (hasPages && confirmed !== "unread") {
    throw new FormError("pages of what was seen whole");
  }
  return { compared, confirmed, pages: hasPages ? readPages(of["pages"]) : null };
}

/** In order, apart from each other, within the document, and not all of it. */
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
  const attributes = of["signed_attributes_b64"];
  return {
    signedAt: count(of["signed_at"]),
    value: bytes(of["signature_b64"]),
    attributes: attributes === null ? null : bytes(attributes),
    cms: isXml ? new Uint8Array(0) : octets,
    file: isXml ? octets : null,
  };
}

function readStatus(value: unknown): Evidence["status"] {
  const of = members(value, ["ocsp_b64", "ca_ocsp_b64"]);
  return { ocsp: bytes(of["ocsp_b64"]), caOcsp: bytes(of["ca_ocsp_b64"]) };
}

function readLog(value: unknown, isDrawn: boolean, isV1: boolean): Evidence["log"] {
  const [hasView, hasStamps] = ["view", "time_stamps"].map(
    (name) => !isV1 && Object.hasOwn(object(value), name),
  );
  const of = members(value, [
    "key", "uid", "salt_b64", "entry_b64", "index", "hashes_b64", "checkpoint",
    ...(hasView ? ["view"] : []),
    ...(hasStamps ? ["time_stamps"] : []),
  ]); // prettier-ignore
  const timeStamps = hasStamps ? list(of["time_stamps"]).map(readTimeStamp) : [];
  if ((hasView && !isDrawn) || (hasStamps && timeStamps.length === 0)) {
    throw new FormError("the entry of no view, or no time stamps where there should be some");
  }
  return {
    view: hasView ? readEntry(of["view"]) : null,
    timeStamps,
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
  const masked = of["id_number_masked"];
  return { shieldNumber: text(of["shield_number"]), idNumberMasked: masked === null ? null : text(masked) };
}

function readTimeStamp(value: unknown): TimeStamp {
  const of = members(value, ["token_b64", "profile", "at"]);
  return { token: bytes(of["token_b64"]), profile: word(of["profile"], PROFILES), at: count(of["at"]) };
}

type Members = Readonly<Record<string, unknown>>;

/** An object of exactly these members. */
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
  return (value as number) + 0; // -0 is 0
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

/**
 * Signed message of a document (protocol, "Documents"): attributes that bind its content and what a phone
 * displays.
 */

import { hex, sm3 } from "@mshield/gm";

import { octetString, oid, sequence, SET, setOf, time, tlv } from "./der.ts";
import { canonicalJson } from "./strict_json.ts";

const RFC_DATA = oid("1.2.840.113549.1.7.1");
const GB_DATA = oid("1.2.156.10197.6.1.4.2.1");
const CONTENT_TYPE = oid("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST = oid("1.2.840.113549.1.9.4");
const SIGNING_TIME = oid("1.2.840.113549.1.9.5");

/** Attribute of the display that every reader knows. */
export const DISPLAY_OID = "1.2.840.113556.1.8000.2554.21350.64146.45912.16546.40586.5161851.16633035.1";

/**
 * Arcs refused as an operator's: the standards' own, one that others may hold, and the one for experiments.
 */
const NOT_OURS = ["1.2.156.10197", "1.3.6.1.4.1.99999", "1.3.6.1.3", "1.2.840.113549"];
const ARC = /^(?:[01]\.[123]?\d|2\.(?:0|[1-9]\d{0,9}))(?:\.(?:0|[1-9]\d{0,9})){0,30}$/;
const MOST_OCTETS = 40;

/**
 * Reports whether an operator may use the arc: dotted, each number below 2^31, at most 40 octets, none of
 * `NOT_OURS`.
 */
export function isCustomArc(arc: string): boolean {
  return (
    ARC.test(arc) &&
    arc.split(".").every((part) => Number(part) < 2 ** 31) &&
    oid(arc).length - 2 <= MOST_OCTETS &&
    !NOT_OURS.some((other) => arc === other || arc.startsWith(`${other}.`))
  );
}

/**
 * Returns the display attributes of operators with these certificate policies: `.1` for each policy that ends
 * in `.2`.
 */
export function displayOidsOf(policies: readonly string[]): string[] {
  return policies
    .filter((policy) => policy.endsWith(".2") && isCustomArc(policy.slice(0, -2)))
    .map((policy) => `${policy.slice(0, -2)}.1`);
}

export interface DisplayLine {
  readonly label: string;
  readonly value: string;
}

/** Display of a document on the phone. */
export interface Display {
  readonly title: string;
  readonly mediaType: string;
  readonly size: number;
  readonly lines: readonly DisplayLine[];
  /** Digests of the view and of its rendered lines; absent in a display of version 1. */
  readonly drawing?: ViewDigests;
}

/** Digests in hex; null without a view. */
export interface ViewDigests {
  readonly view: string | null;
  readonly drawn: string | null;
}

/** Extra confirmation by the user: of a mismatch between description and content, or of signing unread. */
export type Confirmation = "none" | "mismatch" | "unread";

/** Pages that were on the screen, if not all were: spans from 1, with first and last page. */
export interface Pages {
  readonly count: number;
  readonly shown: readonly (readonly [first: number, last: number])[];
}

/** Data of the phone's display that a signature's log entry binds (views, "Life of a view and what is bound"). */
export interface FullDisplay extends ViewDigests {
  /** SM3 of the comparison's answer, in hex; null if nothing could be compared. */
  readonly compared: string | null;
  readonly confirmed: Confirmation;
  readonly content: Uint8Array;
  readonly display: Uint8Array;
  /** Pages of a document that was signed unread; null if the phone reported none. */
  readonly pages: Pages | null;
}

/**
 * Family of the data (GB/T 35275's or RFC 5652's), identifier of the display's attribute, and the time (ms),
 * if any.
 */
export interface BoundData {
  readonly isGb: boolean;
  readonly displayOid: string;
  readonly signingTime: number | null;
}

/** Returns M of a document from the SM3 digests of its content and display: attributes in their only form. */
export function signedAttributes(
  digest: Uint8Array,
  display: Uint8Array,
  { isGb, displayOid, signingTime }: BoundData,
): Uint8Array {
  return setOf(
    attribute(CONTENT_TYPE, isGb ? GB_DATA : RFC_DATA),
    attribute(MESSAGE_DIGEST, octetString(digest)),
    attribute(oid(displayOid), octetString(display)),
    ...(signingTime === null ? [] : [attribute(SIGNING_TIME, time(signingTime))]),
  );
}

/** Returns SM3 of the display, as canonical JSON. */
export function displayDigest(shown: Display): Uint8Array {
  return sm3(displayBytes(shown));
}

export function displayBytes({ title, mediaType, size, lines, drawing }: Display): Uint8Array {
  return canonicalJson({
    ...(drawing && { drawn: drawing.drawn, view: drawing.view }),
    lines: lines.map(({ label, value }) => ({ label, value })),
    media_type: mediaType,
    size,
    title,
    type: drawing ? "mshield-display/v2" : "mshield-display/v1",
  });
}

/** Returns SM3 of the display and the confirmation; version 1 without pages. */
export function fullDisplayDigest(shown: FullDisplay): Uint8Array {
  const { compared, confirmed, content, display, drawn, pages, view } = shown;
  return sm3(
    canonicalJson({
      compared,
      confirmed,
      content: hex(content),
      display: hex(display),
      drawn,
      ...(pages && { pages: { count: pages.count, shown: pages.shown } }),
      type: pages ? "mshield-shown/v2" : "mshield-shown/v1",
      view,
    }),
  );
}

/**
 * Reports whether content begins as anybody's signed attributes do: in BER, a SET of a SEQUENCE that begins
 * with an OID. A bare signature over such content could be reused as a CMS signature over other content, which
 * was never displayed.
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

function attribute(type: Uint8Array, value: Uint8Array): Uint8Array {
  return sequence(type, tlv(SET, value));
}

/** What a document signs (protocol, "Documents"): attributes that bind its content and what a phone shows of it. */

import { hex, sm3 } from "@mshield/gm";

import { octetString, oid, sequence, SET, setOf, time, tlv } from "./der.ts";
import { canonicalJson } from "./strict_json.ts";

const RFC_DATA = oid("1.2.840.113549.1.7.1");
const GB_DATA = oid("1.2.156.10197.6.1.4.2.1");
const CONTENT_TYPE = oid("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST = oid("1.2.840.113549.1.9.4");
const SIGNING_TIME = oid("1.2.840.113549.1.9.5");

/** The display's attribute as every reader knows it: that of before, then the default one of now. */
export const DISPLAY_OIDS = [
  "2.25.110860620154935717330723700372722797771.1",
  "1.2.840.113556.1.8000.2554.21350.64146.45912.16546.40586.5161851.16633035.1",
] as const;

/** The standards' own arcs, one that somebody else may hold, and the one for experiments. */
const NOT_OURS = ["1.2.156.10197", "1.3.6.1.4.1.99999", "1.3.6.1.3", "1.2.840.113549"];
const ARC = /^(?:[01]\.[123]?\d|2\.(?:0|[1-9]\d{0,9}))(?:\.(?:0|[1-9]\d{0,9})){0,30}$/;
const MOST_OCTETS = 40;

/** Whether an operator's identifiers may stand there: dotted, each number below 2^31, in at most 40 octets. */
export function isOperatorsArc(arc: string): boolean {
  return (
    ARC.test(arc) &&
    arc.split(".").every((part) => Number(part) < 2 ** 31) &&
    oid(arc).length - 2 <= MOST_OCTETS &&
    !NOT_OURS.some((other) => arc === other || arc.startsWith(`${other}.`))
  );
}

/** The displays' attributes of operators whose certificates have these policies: `.1` where a policy is `.2`. */
export function displayOidsOf(policies: readonly string[]): string[] {
  return policies
    .filter((policy) => policy.endsWith(".2") && isOperatorsArc(policy.slice(0, -2)))
    .map((policy) => `${policy.slice(0, -2)}.1`);
}

export interface DisplayLine {
  readonly label: string;
  readonly value: string;
}

/** What the phone shows of a document. */
export interface Shown {
  readonly title: string;
  readonly mediaType: string;
  readonly size: number;
  readonly lines: readonly DisplayLine[];
  /** By which view its content is drawn, and as what; absent in a display of version 1. */
  readonly drawing?: Drawing;
}

/** Digests in hex; null without a view. */
export interface Drawing {
  readonly view: string | null;
  readonly drawn: string | null;
}

/** What the person confirmed besides: that the asker's words differ from the content, or that they didn't see it. */
export type Confirmed = "none" | "mismatch" | "unread";

/** Which pages of a document were on the screen, where not all were: spans from 1, first and last page. */
export interface Pages {
  readonly count: number;
  readonly shown: readonly (readonly [first: number, last: number])[];
}

/** What a signature's log entry binds of what a phone showed (views, "Life of a view and what is bound"). */
export interface ShownInFull extends Drawing {
  /** SM3 of the comparison's answer, in hex; null where nothing could be compared. */
  readonly compared: string | null;
  readonly confirmed: Confirmed;
  readonly content: Uint8Array;
  readonly display: Uint8Array;
  /** Of what was signed unread; null where nobody tells. */
  readonly pages: Pages | null;
}

/** Whose data it is, GB/T 35275's or RFC 5652's; under which identifier the display stands; the time (ms), if any. */
export interface Bound {
  readonly isGb: boolean;
  readonly displayOid: string;
  readonly signingTime: number | null;
}

const BEFORE: Bound = { isGb: false, displayOid: DISPLAY_OIDS[0], signingTime: null };

/** M of a document whose content has this SM3 digest and whose display has that one: attributes in their one form. */
export function signedAttributes(
  digest: Uint8Array,
  display: Uint8Array,
  { isGb, displayOid, signingTime }: Bound = BEFORE,
): Uint8Array {
  return setOf(
    attribute(CONTENT_TYPE, isGb ? GB_DATA : RFC_DATA),
    attribute(MESSAGE_DIGEST, octetString(digest)),
    attribute(oid(displayOid), octetString(display)),
    ...(signingTime === null ? [] : [attribute(SIGNING_TIME, time(signingTime))]),
  );
}

/** SM3 of what is shown, which is canonical JSON. */
export function displayDigest(shown: Shown): Uint8Array {
  return sm3(displayBytes(shown));
}

export function displayBytes({ title, mediaType, size, lines, drawing }: Shown): Uint8Array {
  return canonicalJson({
    ...(drawing && { drawn: drawing.drawn, view: drawing.view }),
    lines: lines.map(({ label, value }) => ({ label, value })),
    media_type: mediaType,
    size,
    title,
    type: drawing ? "mshield-display/v2" : "mshield-display/v1",
  });
}

/** SM3 of what was shown and confirmed; version 1 without pages. */
export function shownDigest(shown: ShownInFull): Uint8Array {
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

function attribute(type: Uint8Array, value: Uint8Array): Uint8Array {
  return sequence(type, tlv(SET, value));
}

/** Exact encoding of log entries (docs/log.md), for rebuilding a signature's entry from its known fields. */

import { canonicalJson, displayDigest, type Display } from "@mshield/forms";
import { concat, hex, sm3, unhex, utf8 } from "@mshield/gm";
import { sha256 } from "@noble/hashes/sha2.js";

import { PartError } from "../errors.ts";
import type { Holder } from "../evidence.ts";

const VERSION = 1;
const [SIGNATURE, CERTIFICATE, ACT, VIEW] = [1, 2, 3, 4];
const HEAD_BYTES = 10;
const MOST_PUBLISHED = 2;
const [HASH_BYTES, VIEW_HEAD_BYTES] = [32, HEAD_BYTES + 96];
/** A view in its entry, in its only spelling. */
const VIEW_TEXT =
  /^\{"client_id":"([A-Za-z0-9._~:/-]{1,64})","digest":"([0-9a-f]{64})","id":"([a-z0-9./-]{1,80})","version":([1-9][0-9]{0,8})\}$/;

/**
 * Fields of a requested signature that the log commits to; `signature` is r ‖ s, `sid` and `uid` hex, `serial` 40 hex digits.
 */
export interface SignatureRow {
  readonly sid: string;
  readonly uid: string;
  readonly requestId: string;
  readonly purpose: "login" | "sign";
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
  readonly signedAt: number;
  readonly serial: string;
  /** Result of `requesterHash`. */
  readonly asked: Uint8Array;
  /** Display and confirmation; null for a login. */
  readonly shown: Uint8Array | null;
  /** Owner of the shield that signed. */
  readonly holder: Holder;
  /** Whether the log signs its bundles as a whole. */
  readonly belongs: boolean;
}

/** Returns SM3 of the requester and the display, as canonical JSON. */
export function requesterHash(
  by: { clientId: string; name: string; domain: string },
  shown: Display,
): Uint8Array {
  return sm3(
    canonicalJson({
      client_id: by.clientId,
      display: hex(displayDigest(shown)),
      domain: by.domain,
      name: by.name,
      type: "mshield-asked/v1",
    }),
  );
}

/**
 * Returns the entry, 90 bytes: head, sid, SHA-256(e ‖ r ‖ s), and the commitment to the row under its salt.
 */
export function signatureEntry(row: SignatureRow, salt: Uint8Array): Uint8Array {
  return concat(
    Uint8Array.of(VERSION, SIGNATURE!),
    int64(row.signedAt),
    unhex(row.sid, 16),
    sha256(concat(row.digest, row.signature)),
    sha256(concat(salt, canonical(row))),
  );
}

/** Fields of an administrator's act that the log commits to; `details` is its JSON text byte for byte. */
export interface ActRow {
  readonly id: string;
  readonly actor: string;
  readonly actor_id: string | null;
  readonly act: string;
  readonly subject: string;
  readonly details: string;
  readonly at: number;
}

/** Returns the entry, 42 bytes: head, and the commitment to the row under its salt. */
export function actEntry(row: ActRow, salt: Uint8Array): Uint8Array {
  const columns: [name: string, value: Uint8Array][] = [
    ["id", text(row.id)],
    ["actor", text(row.actor)],
    ["actor_id", textOrNull(row.actor_id)],
    ["act", text(row.act)],
    ["subject", text(row.subject)],
    ["details", text(row.details)],
    ["at", concat(Uint8Array.of(1), int64(row.at))],
  ];
  return concat(Uint8Array.of(VERSION, ACT!), int64(row.at), sha256(concat(salt, rowBytes(columns))));
}

/** Contents of the entry of a view registered for a business system; times in ms, the rest hex. */
export interface ViewEntry {
  readonly at: number;
  readonly clientId: string;
  readonly id: string;
  readonly version: number;
  readonly digest: string;
  /** SHA-256 of each member's id; zeros if done at the server. */
  readonly askedBy: string;
  readonly approvedBy: string;
}

/**
 * Returns the view of an entry; null for an entry of another kind. Throws if it isn't an entry of version 1.
 */
export function readViewEntry(entry: Uint8Array): ViewEntry | null {
  requireEntry(entry);
  const shown = entry[1] === VIEW ? viewText(entry) : null;
  if (shown === null) {
    return null;
  }
  const [, clientId, digest, id, version] = shown;
  return {
    at: Number(new DataView(entry.buffer, entry.byteOffset).getBigUint64(2)),
    clientId: clientId!,
    id: id!,
    version: Number(version),
    digest: digest!,
    askedBy: hex(entry.subarray(HEAD_BYTES, HEAD_BYTES + HASH_BYTES)),
    approvedBy: hex(entry.subarray(HEAD_BYTES + HASH_BYTES, HEAD_BYTES + 2 * HASH_BYTES)),
  };
}

/** Throws if it isn't an entry of version 1. */
export function requireEntry(entry: Uint8Array): void {
  const [version, kind] = entry;
  const rest = entry.length - HEAD_BYTES;
  const isKnown =
    (kind === SIGNATURE && rest === 80) ||
    (kind === CERTIFICATE && rest === 85 && entry[HEAD_BYTES + 20]! <= MOST_PUBLISHED) ||
    (kind === ACT && rest === 32) ||
    (kind === VIEW && viewText(entry) !== null);
  if (version !== VERSION || !isKnown) {
    throw new PartError("bad_log_form", "not an entry of this log's version");
  }
}

function viewText(entry: Uint8Array): RegExpExecArray | null {
  return VIEW_TEXT.exec(String.fromCharCode(...entry.subarray(VIEW_HEAD_BYTES, VIEW_HEAD_BYTES + 512)));
}

/**
 * Encodes each column: its name after its length in two bytes, then the value: 01 number, 02 text, 03 bytes.
 */
function canonical(row: SignatureRow): Uint8Array {
  const columns: [name: string, value: Uint8Array][] = [
    ["sid", octets(unhex(row.sid, 16))],
    ["uid", octets(unhex(row.uid, 16))],
    ["request_id", text(row.requestId)],
    ["purpose", text(row.purpose)],
    ["digest", octets(row.digest)],
    ["signature", octets(row.signature)],
    ["signed_at", concat(Uint8Array.of(1), int64(row.signedAt))],
    ["serial", text(row.serial)],
    ["asked", octets(row.asked)],
  ];
  if (row.shown !== null) {
    columns.push(["shown", octets(row.shown)]);
  }
  columns.push(["shield_number", text(row.holder.shieldNumber)]);
  columns.push(["id_number_masked", textOrNull(row.holder.idNumberMasked)]);
  if (row.belongs) {
    columns.push(["belongs", concat(Uint8Array.of(1), int64(1))]);
  }
  return rowBytes(columns);
}

function rowBytes(columns: readonly (readonly [name: string, value: Uint8Array])[]): Uint8Array {
  return concat(...columns.flatMap(([name, value]) => [uint(utf8(name).length, 2), utf8(name), value]));
}

function text(value: string): Uint8Array {
  const encoded = utf8(value);
  return concat(Uint8Array.of(2), uint(encoded.length, 4), encoded);
}

function textOrNull(value: string | null): Uint8Array {
  return value === null ? Uint8Array.of(0) : text(value);
}

function octets(value: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(3), uint(value.length, 4), value);
}

function uint(value: number, bytes: 2 | 4): Uint8Array {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value);
  return new Uint8Array(view.buffer).subarray(4 - bytes);
}

function int64(value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigInt64(0, BigInt(value));
  return new Uint8Array(view.buffer);
}

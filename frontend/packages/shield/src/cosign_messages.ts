/**
 * Answers of enrolment step 3, `open` and `finish`: exactly the protocol's fields, each once, in the order
 * sent.
 */

import { number, type Proof, type Signature } from "@mshield/gm";

import { ProtocolError } from "./errors.ts";
import { Fields } from "./fields.ts";
import { MAX_FAILURES } from "./pin_tries.ts";
import { readJson } from "./strict_json.ts";

/** The service's nonce for one document. */
export interface NonceAnswer {
  readonly Q2: Uint8Array;
  readonly proof: Proof;
}

export interface OpenAnswer {
  readonly nonces: readonly NonceAnswer[];
  readonly left: number;
  readonly nextEpoch: number | null;
}

/** Answer to `finish`; `signatures` has null for a document that was closed meanwhile. */
export interface FinishAnswer {
  readonly signatures: readonly (Signature | null)[];
  readonly otp: Uint8Array;
}

/** Reads P, without checking the point. */
export function readJointKey(body: Uint8Array): Uint8Array {
  return new Fields(readJson(body), ["P"]).hex("P", 65);
}

/** Reads the answer to `open`; `sids` in hex. */
export function readOpen(body: Uint8Array, sids: readonly string[]): OpenAnswer {
  const of = new Fields(readJson(body), ["items", "left", "next_epoch"]);
  const items = of.list("items").map((item) => new Fields(item, ["sid", "Q2", "A", "z"]));
  requireOrder(items, sids);
  const left = of.integer("left");
  const nextEpoch = of.integerOrNull("next_epoch");
  if (left < 1 || left > MAX_FAILURES || (nextEpoch !== null && (nextEpoch < 1 || nextEpoch >= 2 ** 32))) {
    throw new ProtocolError("malformed", "left or next_epoch is out of range");
  }
  const nonces = items.map((item) => ({
    Q2: item.hex("Q2", 65),
    proof: { A: item.hex("A", 65), z: number(item.hex("z", 32)) },
  }));
  return { nonces, left, nextEpoch };
}

/** Reads the answer to `finish`; `sids` in hex. */
export function readFinish(body: Uint8Array, sids: readonly string[]): FinishAnswer {
  const of = new Fields(readJson(body), ["items", "otp"]);
  const items = of.list("items").map((item) => {
    const closed = new Fields(item).names("error");
    return new Fields(item, closed ? ["sid", "error"] : ["sid", "r", "s"]);
  });
  requireOrder(items, sids);
  return { signatures: items.map(readSignature), otp: of.hex("otp", 32) };
}

function readSignature(item: Fields): Signature | null {
  if (item.names("error")) {
    item.word("error", ["task_closed"]);
    return null;
  }
  return { r: number(item.hex("r", 32)), s: number(item.hex("s", 32)) };
}

function requireOrder(items: readonly Fields[], sids: readonly string[]): void {
  if (items.length !== sids.length || items.some((item, i) => item.text("sid") !== sids[i])) {
    throw new ProtocolError("malformed", "the answer is not about the documents sent");
  }
}

/**
 * Checks of the cases that must succeed: every value in them is computed again and compared.
 *
 * The case's own values replace randomness, so that each intermediate result can be checked.
 */

import { equalBytes } from "../bytes.ts";
import { invert, mulG } from "../curve.ts";
import { derivePinKey, hide, keyedHash, mask, reveal } from "../mask.ts";
import { checkAnswer, checkNonce, finish, nextShare } from "../phone.ts";
import {
  checkOffer,
  checkOpenings,
  jointKey,
  nextServerShare,
  phonePoint,
  serverFinish,
  type SessionItem,
} from "../server.ts";
import { digest } from "../sm2.ts";
import {
  commitment,
  finishHash,
  H,
  Hn,
  internalMessage,
  isInternalMessage,
  type Opening,
  renewalMessage,
} from "../transcript.ts";
import { type Case, CaseFailure, expect } from "./case.ts";

export type Check = (vector: Case) => void | Promise<void>;

/** Checks by section; `rejections.ts` has the others. */
export const RESULTS: Readonly<Record<string, Check>> = {
  hash: checkHash,
  internal: checkInternal,
  enrolment: checkEnrolment,
  mask: checkMask,
  signing: checkSigning,
  batch: checkBatch,
  refresh: checkRefresh,
  stored: checkStored,
};

interface Key {
  readonly P: Uint8Array;
  readonly d1: bigint;
  readonly uid: Uint8Array;
  readonly epoch: number;
}

function checkHash(vector: Case): void {
  const tag = vector.text("tag");
  const parts = vector.items("parts").map((part) => part.bareOctets());
  expect("H", H(tag, ...parts), vector.octets("H", 32));
  expect("Hn", Hn(tag, ...parts), vector.number("Hn"));
  vector.done();
}

function checkInternal(vector: Case): void {
  const [purpose, uid, sid] = [vector.text("purpose"), vector.octets("uid", 16), vector.octets("sid", 16)];
  if (purpose !== "refresh" && purpose !== "confirm" && purpose !== "unlock" && purpose !== "renew") {
    throw new CaseFailure("unknown purpose");
  }
  const message =
    purpose === "renew"
      ? renewalMessage(uid, sid, vector.octets("P", 65))
      : internalMessage(purpose, uid, sid);
  expect("message", message, vector.octets("message"));
  expect("isInternalMessage", isInternalMessage(message), true);
  vector.done();
}

/** Checks the hash that the server stores of a value that only the phone holds. */
function checkStored(vector: Case): void {
  const tag = vector.text("tag");
  if (tag !== "otp" && tag !== "rn" && tag !== "challenge") {
    throw new CaseFailure("unknown tag");
  }
  expect("H", H(tag, vector.octets("value", 32)), vector.octets("H", 32));
  vector.done();
}

function checkEnrolment(vector: Case): void {
  const [P1, P, d2] = [vector.octets("P1", 65), vector.octets("P", 65), vector.number("d2")];
  expect("d1^-1·G", mulG(invert(vector.number("d1"))), P1);
  checkOffer(vector.octets("uid", 16), vector.octets("sid", 16), P1, vector.proof());
  expect("d2^-1·P1 - G", jointKey(d2, P1) ?? "infinity", P);
  expect("d2(P+G)", phonePoint(d2, P), P1);
  vector.done();
}

async function checkMask(vector: Case): Promise<void> {
  const masked = await maskOf(vector, "epoch");
  expect("mask", masked, vector.number("mask"));
  const [d1, blob] = [vector.number("d1"), vector.number("blob")];
  expect("d1", reveal(blob, masked), d1);
  if (blob !== masked) {
    expect("blob", hide(d1, masked), blob);
  }
  vector.done();
}

function checkSigning(vector: Case): void {
  const key = keyOf(vector);
  const d2 = vector.number("d2");
  if (vector.has("message")) {
    expect("e", digest(key.P, vector.octets("message")), vector.octets("e", 32));
  }
  checkSession(key, d2, [vector], vector);
  vector.done();
}

function checkBatch(vector: Case): void {
  const elements = vector.items("items");
  checkSession(keyOf(vector), vector.number("d2"), elements, vector);
  for (const part of [vector, ...elements]) {
    part.done();
  }
}

async function checkRefresh(vector: Case): Promise<void> {
  const P = vector.octets("P", 65);
  const [d1, d2, tau] = [vector.number("d1"), vector.number("d2"), vector.number("tau")];
  const [d1Next, d2Next] = [nextShare(d1, tau), nextServerShare(d2, tau)];
  expect("d1_next", d1Next, vector.number("d1_next"));
  expect("d2_next", d2Next, vector.number("d2_next"));
  const P1Next = vector.octets("P1_next", 65);
  expect("d1_next^-1·G", mulG(invert(d1Next)), P1Next);
  expect("d2_next(P+G)", phonePoint(d2Next, P), P1Next);
  expect("next_epoch above epoch", vector.integer("next_epoch") > vector.integer("epoch"), true);
  const masked = await maskOf(vector, "next_epoch");
  expect("mask", masked, vector.number("mask"));
  expect("blob_next", hide(d1Next, masked), vector.number("blob_next"));
  checkHashWithTau(vector, tau);
  vector.done();
}

/** Checks a `finish` hash with `tau` against the `signing` cases of this key under the next epoch. */
function checkHashWithTau(vector: Case, tau: bigint): void {
  const [uid, epoch] = [vector.octets("uid", 16), vector.integer("next_epoch")];
  const expected = vector.octets("finish_hash_with_tau", 32);
  const signing = vector.section("signing");
  const hashes = signing
    ?.filter((other) => equalBytes(other.octets("uid", 16), uid) && other.integer("epoch") === epoch)
    .map((other) => finishHash(uid, [other.opening()], tau));
  if (hashes !== undefined && !hashes.some((hash) => equalBytes(hash, expected))) {
    throw new CaseFailure("finish_hash_with_tau is that of no signing of this key under the next epoch");
  }
}

function keyOf(vector: Case): Key {
  const [P, uid] = [vector.octets("P", 65), vector.octets("uid", 16)];
  return { P, uid, d1: vector.number("d1"), epoch: vector.integer("epoch") };
}

/** Checks `open` and `finish` of one session, from both sides. */
function checkSession(key: Key, d2: bigint, elements: readonly Case[], vector: Case): void {
  const pairs = elements.map((element) => checkItem(key, element));
  const [session, items] = [pairs.map((pair) => pair[0]), pairs.map((pair) => pair[1])];
  checkOpenings(key.uid, key.epoch, session, items);
  serverFinish(key.P, d2, session, items).forEach((signature, i) => {
    const expected = elements[i]!.signature();
    expect("r", signature.r, expected.r);
    expect("s", signature.s, expected.s);
  });
  expect("finish_hash", finishHash(key.uid, items, null), vector.octets("finish_hash", 32));
}

/** Checks `open` and the phone's half of one item, and returns both sides' items. */
function checkItem({ P, d1, uid, epoch }: Key, vector: Case): [SessionItem, Opening] {
  const { sid, e, c, k2 } = vector.sessionItem();
  const { Q1, rho } = vector.opening();
  const [k1, Q2] = [vector.number("k1"), vector.octets("Q2", 65)];
  expect("k1·G", mulG(k1), Q1);
  expect("k2·G", mulG(k2), Q2);
  expect("c", commitment({ uid, epoch, sid, e, Q1, rho }), c);
  const nonce = { sid, e, k1, Q1, rho, c };
  checkNonce(uid, epoch, nonce, Q2, vector.proof());
  const half = finish(d1, nonce, Q2);
  expect("s_prime", half.sPrime, vector.number("s_prime"));
  expect("r", half.r, vector.number("r"));
  expect("Q", half.Q, vector.octets("Q", 65));
  checkAnswer(P, e, half, vector.signature());
  return [{ sid, e, c, k2 }, half];
}

async function maskOf(vector: Case, epoch: string): Promise<bigint> {
  const salt = vector.octets("salt", 16);
  const K = await derivePinKey(vector.text("pin"), salt, vector.integer("pbkdf2_rounds"));
  const secret = new Uint8Array(vector.octets("device_secret", 32));
  const how = { name: "HMAC", hash: "SHA-256" };
  const keyed = keyedHash(await crypto.subtle.importKey("raw", secret, how, false, ["sign"]));
  return mask(keyed, { uid: vector.octets("uid", 16), epoch: vector.integer(epoch), salt, K });
}

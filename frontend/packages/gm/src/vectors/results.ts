/**
 * The sections whose cases must succeed: every value in them is computed again and compared.
 *
 * Randomness is replaced by the case's own values, so that each intermediate result can be checked.
 */

import { same } from "../bytes.ts";
import { invert, mulG } from "../curve.ts";
import { derivePinKey, hide, keyedBy, mask, reveal } from "../mask.ts";
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

export type Check = (given: Case) => void | Promise<void>;

/** By section: `rejections.ts` has the others. */
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

function checkHash(given: Case): void {
  const tag = given.text("tag");
  const parts = given.items("parts").map((part) => part.bareOctets());
  expect("H", H(tag, ...parts), given.octets("H", 32));
  expect("Hn", Hn(tag, ...parts), given.number("Hn"));
  given.done();
}

function checkInternal(given: Case): void {
  const [purpose, uid, sid] = [given.text("purpose"), given.octets("uid", 16), given.octets("sid", 16)];
  if (purpose !== "refresh" && purpose !== "confirm" && purpose !== "unlock" && purpose !== "renew") {
    throw new CaseFailure("unknown purpose");
  }
  const message =
    purpose === "renew"
      ? renewalMessage(uid, sid, given.octets("P", 65))
      : internalMessage(purpose, uid, sid);
  expect("message", message, given.octets("message"));
  expect("isInternalMessage", isInternalMessage(message), true);
  given.done();
}

/** What the server keeps of a value that only the phone holds. */
function checkStored(given: Case): void {
  const tag = given.text("tag");
  if (tag !== "otp" && tag !== "rn" && tag !== "challenge") {
    throw new CaseFailure("unknown tag");
  }
  expect("H", H(tag, given.octets("value", 32)), given.octets("H", 32));
  given.done();
}

function checkEnrolment(given: Case): void {
  const [P1, P, d2] = [given.octets("P1", 65), given.octets("P", 65), given.number("d2")];
  expect("d1^-1·G", mulG(invert(given.number("d1"))), P1);
  checkOffer(given.octets("uid", 16), given.octets("sid", 16), P1, given.proof());
  expect("d2^-1·P1 - G", jointKey(d2, P1) ?? "infinity", P);
  expect("d2(P+G)", phonePoint(d2, P), P1);
  given.done();
}

async function checkMask(given: Case): Promise<void> {
  const masked = await maskOf(given, "epoch");
  expect("mask", masked, given.number("mask"));
  const [d1, blob] = [given.number("d1"), given.number("blob")];
  expect("d1", reveal(blob, masked), d1);
  if (blob !== masked) {
    expect("blob", hide(d1, masked), blob);
  }
  given.done();
}

function checkSigning(given: Case): void {
  const key = keyOf(given);
  const d2 = given.number("d2");
  if (given.has("message")) {
    expect("e", digest(key.P, given.octets("message")), given.octets("e", 32));
  }
  checkSession(key, d2, [given], given);
  given.done();
}

function checkBatch(given: Case): void {
  const elements = given.items("items");
  checkSession(keyOf(given), given.number("d2"), elements, given);
  for (const part of [given, ...elements]) {
    part.done();
  }
}

async function checkRefresh(given: Case): Promise<void> {
  const P = given.octets("P", 65);
  const [d1, d2, tau] = [given.number("d1"), given.number("d2"), given.number("tau")];
  const [d1Next, d2Next] = [nextShare(d1, tau), nextServerShare(d2, tau)];
  expect("d1_next", d1Next, given.number("d1_next"));
  expect("d2_next", d2Next, given.number("d2_next"));
  const P1Next = given.octets("P1_next", 65);
  expect("d1_next^-1·G", mulG(invert(d1Next)), P1Next);
  expect("d2_next(P+G)", phonePoint(d2Next, P), P1Next);
  expect("next_epoch above epoch", given.integer("next_epoch") > given.integer("epoch"), true);
  const masked = await maskOf(given, "next_epoch");
  expect("mask", masked, given.number("mask"));
  expect("blob_next", hide(d1Next, masked), given.number("blob_next"));
  checkHashWithTau(given, tau);
  given.done();
}

/** The hash is that of a `finish` in the section `signing`, under the next epoch, with `tau`. */
function checkHashWithTau(given: Case, tau: bigint): void {
  const [uid, epoch] = [given.octets("uid", 16), given.integer("next_epoch")];
  const expected = given.octets("finish_hash_with_tau", 32);
  const signing = given.section("signing");
  const hashes = signing
    ?.filter((other) => same(other.octets("uid", 16), uid) && other.integer("epoch") === epoch)
    .map((other) => finishHash(uid, [other.opening()], tau));
  if (hashes !== undefined && !hashes.some((hash) => same(hash, expected))) {
    throw new CaseFailure("finish_hash_with_tau is that of no signing of this key under the next epoch");
  }
}

function keyOf(given: Case): Key {
  const [P, uid] = [given.octets("P", 65), given.octets("uid", 16)];
  return { P, uid, d1: given.number("d1"), epoch: given.integer("epoch") };
}

/** `open` and `finish` of one session, from both sides. */
function checkSession(key: Key, d2: bigint, elements: readonly Case[], given: Case): void {
  const pairs = elements.map((element) => checkItem(key, element));
  const [session, items] = [pairs.map((pair) => pair[0]), pairs.map((pair) => pair[1])];
  checkOpenings(key.uid, key.epoch, session, items);
  serverFinish(key.P, d2, session, items).forEach((signature, i) => {
    const expected = elements[i]!.signature();
    expect("r", signature.r, expected.r);
    expect("s", signature.s, expected.s);
  });
  expect("finish_hash", finishHash(key.uid, items, null), given.octets("finish_hash", 32));
}

/** `open` and the phone's half of one item. */
function checkItem({ P, d1, uid, epoch }: Key, given: Case): [SessionItem, Opening] {
  const { sid, e, c, k2 } = given.sessionItem();
  const { Q1, rho } = given.opening();
  const [k1, Q2] = [given.number("k1"), given.octets("Q2", 65)];
  expect("k1·G", mulG(k1), Q1);
  expect("k2·G", mulG(k2), Q2);
  expect("c", commitment({ uid, epoch, sid, e, Q1, rho }), c);
  const nonce = { sid, e, k1, Q1, rho, c };
  checkNonce(uid, epoch, nonce, Q2, given.proof());
  const half = finish(d1, nonce, Q2);
  expect("s_prime", half.sPrime, given.number("s_prime"));
  expect("r", half.r, given.number("r"));
  expect("Q", half.Q, given.octets("Q", 65));
  checkAnswer(P, e, half, given.signature());
  return [{ sid, e, c, k2 }, half];
}

async function maskOf(given: Case, epoch: string): Promise<bigint> {
  const salt = given.octets("salt", 16);
  const K = await derivePinKey(given.text("pin"), salt, given.integer("pbkdf2_rounds"));
  const secret = new Uint8Array(given.octets("device_secret", 32));
  const how = { name: "HMAC", hash: "SHA-256" };
  const keyed = keyedBy(await crypto.subtle.importKey("raw", secret, how, false, ["sign"]));
  return mask(keyed, { uid: given.octets("uid", 16), epoch: given.integer(epoch), salt, K });
}

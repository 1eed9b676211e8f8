/** SM3 against the standard's examples, and SM2 against another implementation. */

import { sm2 } from "sm-crypto";
import { expect, test } from "vitest";

import { hex, unhex, utf8 } from "../src/bytes.ts";
import { invert, mod, mulG, N, randomScalar } from "../src/curve.ts";
import { checkAnswer, checkNonce, commit, finish, offerKey } from "../src/phone.ts";
import { prove } from "../src/proofs.ts";
import { checkOpenings, jointKey, serverFinish } from "../src/server.ts";
import { digest, toDer, USER_ID } from "../src/sm2.ts";
import { sm3 } from "../src/sm3.ts";
import { nonceContext } from "../src/transcript.ts";

test.each([
  ["abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"],
  ["abcd".repeat(16), "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"],
])("GB/T 32905: %s", (message, expected) => {
  expect(hex(sm3(utf8(message)))).toBe(expected);
});

test("messages of every length around a block boundary have different digests", () => {
  const seen = new Set(Array.from({ length: 130 }, (_, length) => hex(sm3(new Uint8Array(length)))));
  expect(seen.size).toBe(130);
});

test("inverts a number, also with blinding", () => {
  const x = randomScalar();
  expect(mod(x * invert(x))).toBe(1n);
  expect(invert(N - 1n)).toBe(N - 1n);
});

test("sm-crypto verifies a signature made by phone and server together", () => {
  const [uid, sid] = [unhex("00".repeat(16)), unhex("11".repeat(16))];
  const offer = offerKey(uid, sid);
  const d2 = randomScalar();
  const P = jointKey(d2, offer.P1)!;
  const message = utf8("进口货物报关单");
  const e = digest(P, message);
  const nonce = commit(uid, 0, sid, e);
  const k2 = randomScalar();
  const Q2 = mulG(k2);
  checkNonce(
    uid,
    0,
    nonce,
    Q2,
    prove(k2, Q2, "nonce-pok", nonceContext({ uid, epoch: 0, sid, e, c: nonce.c })),
  );
  const half = finish(offer.d1, nonce, Q2);
  const session = [{ sid, e, c: nonce.c, k2 }];
  checkOpenings(uid, 0, session, [half]);
  const [signature] = serverFinish(P, d2, session, [half]);
  checkAnswer(P, e, half, signature!);
  const how = { hash: true, der: true, userId: USER_ID };
  expect(sm2.doVerifySignature([...message], hex(toDer(signature!)), hex(P), how)).toBe(true);
  expect(sm2.doVerifySignature([...utf8("另一份")], hex(toDer(signature!)), hex(P), how)).toBe(false);
});

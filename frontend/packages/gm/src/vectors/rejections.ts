/**
 * The sections whose cases carry one fault each: exactly the named error must come.
 *
 * A case that is accepted, or refused with another error, fails.
 */

import { number } from "../bytes.ts";
import { G } from "../curve.ts";
import { GmError } from "../errors.ts";
import { checkAnswer, nextShare } from "../phone.ts";
import { checkProof } from "../proofs.ts";
import { parseScalar } from "../scalars.ts";
import { checkOffer, checkOpenings, nextServerShare, serverFinish } from "../server.ts";
import { verifyDigest } from "../sm2.ts";
import { nonceContext } from "../transcript.ts";
import { type Case, CaseFailure, expect } from "./case.ts";
import type { Check } from "./results.ts";

/** By section. */
export const REJECTIONS: Readonly<Record<string, Check>> = {
  rejected: (given) => {
    checkFinish(given, [given], [given]);
    given.done();
  },
  rejected_batch: (given) => {
    given.number("d1");
    const [session, items] = [given.items("session"), given.items("items")];
    checkFinish(given, session, items);
    for (const part of [given, ...session, ...items]) {
      part.done();
    }
  },
  rejected_proofs: (given) => {
    const [uid, sid, P1] = [given.octets("uid", 16), given.octets("sid", 16), given.octets("P1", 65)];
    const proof = given.proof();
    mustFail(given, () => checkOffer(uid, sid, P1, proof));
    given.done();
  },
  rejected_nonce_proofs: (given) => {
    const { sid, e, c } = {
      sid: given.octets("sid", 16),
      e: given.octets("e", 32),
      c: given.octets("c", 32),
    };
    const context = nonceContext({ uid: given.octets("uid", 16), epoch: given.integer("epoch"), sid, e, c });
    const [Q2, proof] = [given.octets("Q2", 65), given.proof()];
    mustFail(given, () => checkProof(Q2, "nonce-pok", context, proof));
    given.done();
  },
  rejected_answers: (given) => {
    const [P, e, Q] = [given.octets("P", 65), given.octets("e", 32), given.octets("Q", 65)];
    const signature = given.signature();
    expect(
      "signature_valid",
      passes(() => verifyDigest(P, e, signature)),
      given.flag("signature_valid"),
    );
    mustFail(given, () => checkAnswer(P, e, { r: signature.r, Q }, signature));
    given.done();
  },
  rejected_scalars: (given) => {
    const raw = given.bareOctets(32);
    const value = number(raw);
    mustThrow("malformed", () => parseScalar(raw));
    mustThrow("malformed", () => nextShare(1n, value));
    mustThrow("malformed", () => nextServerShare(1n, value));
    mustThrow("bad_proof", () => checkProof(G, "enrol-pok", new Uint8Array(), { A: G, z: value }));
  },
};

function checkFinish(given: Case, session: readonly Case[], items: readonly Case[]): void {
  const [uid, epoch] = [given.octets("uid", 16), given.integer("epoch")];
  const [P, d2] = [given.octets("P", 65), given.number("d2")];
  const bound = session.map((each) => each.sessionItem());
  const sent = items.map((each) => each.opening());
  mustFail(given, () => {
    checkOpenings(uid, epoch, bound, sent);
    serverFinish(P, d2, bound, sent);
  });
}

function passes(step: () => void): boolean {
  try {
    step();
    return true;
  } catch (error) {
    if (error instanceof GmError) {
      return false;
    }
    throw error;
  }
}

function mustFail(given: Case, step: () => void): void {
  given.text("name");
  mustThrow(given.text("error"), step);
}

function mustThrow(code: string, step: () => unknown): void {
  try {
    step();
  } catch (error) {
    if (!(error instanceof GmError)) {
      throw error;
    }
    expect("the error", error.code, code);
    return;
  }
  throw new CaseFailure(`accepted instead of ${code}`);
}

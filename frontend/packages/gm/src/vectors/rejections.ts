/**
 * Checks of the cases with one fault each: exactly the named error must be thrown.
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

/** Checks by section. */
export const REJECTIONS: Readonly<Record<string, Check>> = {
  rejected: (vector) => {
    checkFinish(vector, [vector], [vector]);
    vector.done();
  },
  rejected_batch: (vector) => {
    vector.number("d1");
    const [session, items] = [vector.items("session"), vector.items("items")];
    checkFinish(vector, session, items);
    for (const part of [vector, ...session, ...items]) {
      part.done();
    }
  },
  rejected_proofs: (vector) => {
    const [uid, sid, P1] = [vector.octets("uid", 16), vector.octets("sid", 16), vector.octets("P1", 65)];
    const proof = vector.proof();
    mustFail(vector, () => checkOffer(uid, sid, P1, proof));
    vector.done();
  },
  rejected_nonce_proofs: (vector) => {
    const { sid, e, c } = {
      sid: vector.octets("sid", 16),
      e: vector.octets("e", 32),
      c: vector.octets("c", 32),
    };
    const context = nonceContext({
      uid: vector.octets("uid", 16),
      epoch: vector.integer("epoch"),
      sid,
      e,
      c,
    });
    const [Q2, proof] = [vector.octets("Q2", 65), vector.proof()];
    mustFail(vector, () => checkProof(Q2, "nonce-pok", context, proof));
    vector.done();
  },
  rejected_answers: (vector) => {
    const [P, e, Q] = [vector.octets("P", 65), vector.octets("e", 32), vector.octets("Q", 65)];
    const signature = vector.signature();
    expect(
      "signature_valid",
      passes(() => verifyDigest(P, e, signature)),
      vector.flag("signature_valid"),
    );
    mustFail(vector, () => checkAnswer(P, e, { r: signature.r, Q }, signature));
    vector.done();
  },
  rejected_scalars: (vector) => {
    const raw = vector.bareOctets(32);
    const value = number(raw);
    mustThrow("malformed", () => parseScalar(raw));
    mustThrow("malformed", () => nextShare(1n, value));
    mustThrow("malformed", () => nextServerShare(1n, value));
    mustThrow("bad_proof", () => checkProof(G, "enrol-pok", new Uint8Array(), { A: G, z: value }));
  },
};

function checkFinish(vector: Case, session: readonly Case[], items: readonly Case[]): void {
  const [uid, epoch] = [vector.octets("uid", 16), vector.integer("epoch")];
  const [P, d2] = [vector.octets("P", 65), vector.number("d2")];
  const bound = session.map((item) => item.sessionItem());
  const sent = items.map((item) => item.opening());
  mustFail(vector, () => {
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

function mustFail(vector: Case, step: () => void): void {
  vector.text("name");
  mustThrow(vector.text("error"), step);
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

/**
 * `Secrets` in the calling thread. Shares and nonces are local variables or private fields that are dropped
 * once used; JavaScript cannot overwrite a big integer.
 */

import {
  bytes32,
  checkAnswer,
  checkNonce,
  commit,
  finish,
  GmError,
  type HalfSignature,
  hex,
  nextShare,
  offerKey,
  type PhoneNonce,
  randomScalar,
  type Signature,
  utf8,
} from "@mshield/gm";

import type { NonceAnswer } from "./cosign_messages.ts";
import type {
  EnrolResult,
  EnrolOrder,
  FinishResult,
  FinishOrder,
  Secrets,
  SecretSession,
  SessionOrder,
} from "./secrets.ts";
import { hideShare, revealShare } from "./slots.ts";

export class LocalSecrets implements Secrets {
  async enrol({ deviceSecret, uid, sid, pin }: EnrolOrder): Promise<EnrolResult> {
    const { d1, P1, proof } = offerKey(uid, sid);
    const slot = await hideShare({ deviceSecret, uid }, 0, d1, pin);
    return { slot, body: json({ P1: hex(P1), A: hex(proof.A), z: hex(bytes32(proof.z)) }) };
  }

  async session(order: SessionOrder): Promise<SecretSession> {
    return new LocalSession(order);
  }
}

class LocalSession implements SecretSession {
  readonly items: readonly { readonly sid: string; readonly c: string }[];
  readonly #uid: Uint8Array;
  readonly #epoch: number;
  readonly #digests: readonly Uint8Array[];
  #nonces: readonly PhoneNonce[];
  #points: readonly Uint8Array[] = [];
  #halves: readonly Pick<HalfSignature, "r" | "Q">[] = [];

  constructor({ uid, epoch, documents }: SessionOrder) {
    this.#uid = uid;
    this.#epoch = epoch;
    this.#digests = documents.map(({ e }) => e);
    this.#nonces = documents.map(({ sid, e }) => commit(uid, epoch, sid, e));
    this.items = this.#nonces.map(({ sid, c }) => ({ sid: hex(sid), c: hex(c) }));
  }

  async check(answers: readonly NonceAnswer[]): Promise<void> {
    if (answers.length !== this.#nonces.length) {
      throw new GmError("bad_proof", "not one nonce for each document");
    }
    this.#nonces.forEach((nonce, i) => {
      const { Q2, proof } = answers[i]!;
      checkNonce(this.#uid, this.#epoch, nonce, Q2, proof);
    });
    this.#points = answers.map(({ Q2 }) => Q2);
  }

  /** Drops the nonces before it computes the first `s'`, since a nonce may be used for one `s'` only. */
  async finish({
    deviceSecret,
    slot,
    pin,
    refresh,
    shown,
    excluded = [],
  }: FinishOrder): Promise<FinishResult> {
    const [nonces, points] = [this.#nonces, this.#points];
    this.close();
    if (nonces.length === 0 || points.length !== nonces.length || slot.epoch !== this.#epoch) {
      throw new GmError("no_session", "not opened with this slot, or used before");
    }
    const owner = { deviceSecret, uid: this.#uid };
    const d1 = await revealShare(owner, slot, pin);
    const tau = refresh === null ? null : randomScalar();
    const hidden =
      refresh === null || tau === null
        ? null
        : await hideShare(owner, refresh.epoch, nextShare(d1, tau), refresh.pin);
    const halves = nonces.map((nonce, i) => finish(d1, nonce, points[i]!));
    this.#halves = halves.map(({ r, Q }) => ({ r, Q }));
    const items = halves.map(({ sid, Q1, rho, sPrime }, i) => {
      const item = { sid: hex(sid), Q1: hex(Q1), rho: hex(rho), s_prime: hex(bytes32(sPrime)) };
      return Object.assign(item, shown[i]);
    });
    const leftOut = excluded.length > 0 ? { excluded } : {};
    const body = json({ items, tau: tau === null ? null : hex(bytes32(tau)), ...leftOut });
    return { body, next: hidden };
  }

  async verify(P: Uint8Array, signatures: readonly (Signature | null)[]): Promise<void> {
    if (signatures.length !== this.#halves.length) {
      throw new GmError("bad_answer", "not one answer for each document");
    }
    signatures.forEach((signature, i) => {
      if (signature !== null) {
        checkAnswer(P, this.#digests[i]!, this.#halves[i]!, signature);
      }
    });
  }

  close(): void {
    this.#nonces = [];
    this.#points = [];
  }
}

function json(value: object): Uint8Array {
  return utf8(JSON.stringify(value));
}

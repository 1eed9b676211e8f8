/**
 * The phone's side of `open` and `finish`, exact to the byte (protocol, "Signing", "PIN change and refresh").
 *
 * `rn` is stored before the first `open` under an `otp`. A repeated `finish` is the identical body, and a new
 * `open` has only fresh nonces. Shares and nonces stay behind `Secrets`.
 */

import { digest, hex, type Signature, utf8 } from "@mshield/gm";

import { type FinishAnswer, type OpenAnswer, readFinish, readOpen } from "./cosign_messages.ts";
import type { Credentials } from "./dpop.ts";
import { isPassing, PhoneError, ProblemError, ProtocolError } from "./errors.ts";
import { wrapErrors, type Operation } from "./operation.ts";
import { ask, type PinSource } from "./pin.ts";
import { MAX_FAILURES } from "./pin_tries.ts";
import type { ExcludedDocument, FinishResult, FinishOrder, SecretSession, DisplayItem } from "./secrets.ts";
import { intactSlots, type KeyPlace, type KeyState, type Slot } from "./state.ts";

/** Error codes that end the shield: none of its slots will open again. */
const UNUSABLE = new Set(["epoch_unknown", "damaged_slot"]);

/**
 * One document of a session: `sid` (16 bytes), M, and what was displayed of it, if the service requires that.
 */
export interface ToSign {
  readonly sid: Uint8Array;
  readonly message: Uint8Array;
  readonly shown?: DisplayItem | null;
}

/** An answered `open` whose proofs are valid. */
interface Opened {
  readonly slot: Slot;
  readonly secret: SecretSession;
  readonly left: number;
  readonly nextEpoch: number | null;
}

/** One operation: documents of one key under one PIN entry, all or nothing. */
export class CoSigning {
  readonly #operation: Operation;
  readonly #place: KeyPlace;
  readonly #documents: readonly ToSign[];
  readonly #sids: readonly string[];
  readonly #excluded: readonly ExcludedDocument[];
  readonly #credentials: Credentials | null;

  /**
   * `excluded` are other documents of the same requests that aren't signed; `credentials` are those of an
   * unlock.
   */
  constructor(
    operation: Operation,
    place: KeyPlace,
    documents: readonly ToSign[],
    excluded: readonly ExcludedDocument[] = [],
    credentials: Credentials | null = null,
  ) {
    this.#operation = operation;
    this.#place = place;
    this.#documents = documents;
    this.#excluded = excluded;
    this.#credentials = credentials;
    this.#sids = documents.map(({ sid }) => hex(sid));
  }

  /**
   * Signs all documents under one PIN; null for a document that was closed meanwhile. `newPin` is for a
   * `refresh` task: the share of the next epoch is hidden under it. Without it, a refresh that the service
   * offers is done silently.
   *
   * Throws: ProblemError (`wrong_pin` and `pin_locked` with `left`, `clone`, `held`, …), NetworkError if the
   * outcome is unknown (then the same documents may be signed again), ProtocolError `bad_proof` or
   * `bad_answer`.
   */
  async sign(source: PinSource, newPin?: string): Promise<readonly (Signature | null)[]> {
    let known: { readonly slot: Slot; readonly pin: string } | null = null;
    for (let left = this.#operation.patience.sessions; ;) {
      const before = this.#key.left;
      const opened = await this.#open();
      try {
        if (known?.slot.epoch !== opened.slot.epoch) {
          const fell = before !== null && opened.left < before;
          const keyId = hex(this.#key.uid);
          const prompt = { keyId, left: opened.left, fell, pinSetAt: opened.slot.pinSetAt };
          known = { slot: opened.slot, pin: await ask(source, prompt) };
        }
        left--;
        const finished = await this.#half(opened, known.pin, newPin);
        const answer = await this.#finish(finished);
        return await this.#accept(opened, finished, answer);
      } catch (error) {
        // Open again, with the PIN still in memory.
        if (!isBegunAgain(error) || left <= 0) {
          throw error;
        }
      } finally {
        opened.secret.close();
      }
    }
  }

  get #key(): KeyState {
    return this.#operation.key(this.#place);
  }

  async #change(parts: Partial<KeyState>): Promise<void> {
    await this.#operation.changeKey(this.#place, parts);
  }

  /** Opens, and stores whether any of the slots can be opened, so that the phone knows it without a call. */
  async #open(): Promise<Opened> {
    try {
      const opened = await this.#openAny();
      if (this.#key.isUnusable) {
        await this.#change({ isUnusable: false });
      }
      return opened;
    } catch (error) {
      if (error instanceof PhoneError && UNUSABLE.has(error.code)) {
        await this.#change({ isUnusable: true });
      }
      throw error;
    }
  }

  /**
   * Opens with the newest intact slot, and with an older one only if the service answers `stale_epoch`. If it
   * does so for all slots, none has a counterpart, and none ever will: only a restored service forgets an
   * epoch, since the phone drops a slot only after an answer made with another. If a slot is damaged, it may
   * be the one in force.
   */
  async #openAny(): Promise<Opened> {
    const slots = await intactSlots(this.#key.slots);
    if (slots.length === 0) {
      throw new PhoneError(this.#key.slots.length > 0 ? "damaged_slot" : "no_key");
    }
    if (this.#key.rn === null) {
      await this.#change({ rn: crypto.getRandomValues(new Uint8Array(32)) });
    }
    for (const slot of slots) {
      try {
        return await this.#openWith(slot);
      } catch (error) {
        if (!isCode(error, "stale_epoch")) {
          throw error;
        }
      }
    }
    throw new PhoneError(slots.length === this.#key.slots.length ? "epoch_unknown" : "damaged_slot");
  }

  async #openWith(slot: Slot): Promise<Opened> {
    const { busyTries, busyPause } = this.#operation.patience;
    for (let waits = 1; ; waits++) {
      try {
        return await this.#operation.connection.persistently(() => this.#openOnce(slot));
      } catch (error) {
        if (!isCode(error, "busy") || waits >= busyTries) {
          throw error;
        }
      }
      await this.#operation.platform.sleep(busyPause);
    }
  }

  async #openOnce(slot: Slot): Promise<Opened> {
    const { uid, public: P, rn, otp, left } = this.#key;
    const documents = this.#documents.map(({ sid, message }) => ({ sid, e: digest(P, message) }));
    const secret = await this.#operation.secrets.session({ uid, epoch: slot.epoch, documents });
    try {
      const payload = { rn: hex(rn!), otp: hex(otp), epoch: slot.epoch, items: secret.items };
      const answer = await this.#call("open", utf8(JSON.stringify(payload)), readOpen);
      await wrapErrors(secret.check(answer.nonces), "bad_proof");
      if (left !== answer.left) {
        await this.#change({ left: answer.left });
      }
      return { slot, secret, left: answer.left, nextEpoch: answer.nextEpoch };
    } catch (error) {
      secret.close();
      throw error;
    }
  }

  async #call<T extends OpenAnswer | FinishAnswer>(
    step: "open" | "finish",
    body: Uint8Array,
    read: (answer: Uint8Array, sids: readonly string[]) => T,
  ): Promise<T> {
    const path = `/api/phone/keys/${hex(this.#key.uid)}/${step}`;
    const { connection } = this.#operation;
    return read(
      await connection.postBytes(path, this.#credentials ?? this.#operation.loggedIn(), body),
      this.#sids,
    );
  }

  /**
   * Computes the phone's half. The slot of a refreshed share is stored beside the others before anything is
   * sent.
   */
  async #half(opened: Opened, pin: string, newPin: string | undefined): Promise<FinishResult> {
    const { deviceSecret } = this.#operation.vault.state;
    const refresh = this.#refresh(opened, pin, newPin);
    const shown = this.#documents.map((document) => document.shown ?? null);
    const order = { deviceSecret, slot: opened.slot, pin, refresh, shown, excluded: this.#excluded };
    const finished = await wrapErrors(opened.secret.finish(order));
    const slots = finished.next === null ? this.#key.slots : [finished.next, ...this.#key.slots];
    await this.#change({ slots, isUnanswered: true });
    return finished;
  }

  #refresh({ slot, nextEpoch }: Opened, pin: string, newPin: string | undefined): FinishOrder["refresh"] {
    if (nextEpoch === null) {
      if (newPin !== undefined) {
        throw new ProtocolError("malformed", "a refresh without a next epoch");
      }
      return null;
    }
    if (this.#key.slots.some(({ epoch }) => nextEpoch <= epoch)) {
      throw new ProtocolError("malformed", "an epoch that was given before");
    }
    const hiding =
      newPin === undefined ? this.#operation.newPin(pin, slot.pinSetAt) : this.#operation.newPin(newPin);
    return { epoch: nextEpoch, pin: hiding };
  }

  async #finish({ body, next }: FinishResult): Promise<FinishAnswer> {
    try {
      const { connection, patience } = this.#operation;
      return await connection.persistently(
        () => this.#call("finish", body, readFinish),
        patience.finishTries,
      );
    } catch (error) {
      if (isCode(error, "wrong_pin", "pin_locked")) {
        const slots = this.#key.slots.filter(({ epoch }) => epoch !== next?.epoch);
        const left = error.code === "pin_locked" ? 0 : error.left;
        await this.#change({ left, slots, isUnanswered: false });
      } else if (error instanceof ProblemError && !isPassing(error) && !isBegunAgain(error)) {
        await this.#change({ isUnanswered: false });
      }
      throw error;
    }
  }

  /** Checks each signature, then stores the new `otp` and drops `rn` in one transaction. */
  async #accept(
    { slot, secret }: Opened,
    { next }: FinishResult,
    { signatures, otp }: FinishAnswer,
  ): Promise<readonly (Signature | null)[]> {
    const { public: P, slots, proven } = this.#key;
    try {
      await wrapErrors(secret.verify(P, signatures), "bad_answer");
    } catch (error) {
      // A key that never gave a valid answer is not the joint key, so its slot is deleted.
      if (!proven) {
        await this.#operation.vault.change({ [this.#place]: null });
      }
      throw error;
    }
    const isChecked = signatures.some((signature) => signature !== null);
    // Other slots are dropped only after a checked answer made with this one; one made in the same session
    // stays.
    const kept = next === null ? [slot] : [next, slot];
    const parts = { otp, rn: null, isUnanswered: false, left: MAX_FAILURES, slots: isChecked ? kept : slots };
    await this.#change({ ...parts, proven: proven || isChecked });
    return signatures;
  }
}

function isCode(error: unknown, ...codes: readonly string[]): error is ProblemError {
  return error instanceof ProblemError && codes.includes(error.code);
}

/**
 * Reports whether the session was replaced or expired without counting an attempt: `bad_opening` if the later
 * session is over the same documents, such as an `open` that was given up and arrived after all. `retry`
 * never happens by chance.
 */
function isBegunAgain(error: unknown): boolean {
  return (
    isCode(error, "no_session", "bad_opening") || (error instanceof ProtocolError && error.code === "retry")
  );
}

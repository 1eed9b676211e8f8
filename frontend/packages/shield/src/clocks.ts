/**
 * Whose clock is wrong, where the service refuses a call for its time: the phone's own, the service's, or nobody knows.
 *
 * A proof that was accepted shows that both clocks agreed then. Since then the phone's has gone on evenly, beside its
 * steady clock, or it jumped: by as much as the two are apart now, or not.
 */

import { ClockError, ProblemError, type Whose } from "./errors.ts";

/** A clock that is this near to where it should be hasn't jumped; in ms. */
const EVEN_MS = 30_000;
/** By what a proof may be off (60 s), and that: so far a jump may be from the difference that it explains. */
const APART_MS = 90_000;

/** When a service last took this phone's time for right; both clocks give ms. */
export class Agreement {
  readonly #wall: () => number;
  readonly #steady: () => number;
  #offset: number | null = null;

  constructor(wall: () => number, steady: () => number) {
    this.#wall = wall;
    this.#steady = steady;
  }

  /** A proof made just now was accepted. */
  agreed(): void {
    this.#offset = this.#wall() - this.#steady();
  }

  /**
   * Whose fault it is that this phone's clock is so many ms ahead of the service's. A steady clock may stand while the
   * phone sleeps: then the wall clock went on without being set.
   */
  whose(ahead: number): Whose {
    if (this.#offset === null) {
      return "unknown";
    }
    const jump = this.#wall() - this.#steady() - this.#offset;
    if (Math.abs(jump) <= EVEN_MS) {
      return "service";
    }
    return Math.abs(jump - ahead) <= APART_MS ? "phone" : "unknown";
  }

  /** The refusal, where it is for the time with the sentence that says whose clock is wrong; else as it came. */
  judged(error: Error): Error {
    if (!(error instanceof ProblemError)) {
      return error;
    }
    if (error.code === "clock_doubted") {
      return new ClockError(error, "service", 0);
    }
    const seconds = error.extra["seconds"];
    if (error.code !== "clock_skewed" || typeof seconds !== "number") {
      return error;
    }
    return new ClockError(error, this.whose(seconds * 1000), seconds);
  }
}

/**
 * Diagnosis of whose clock is wrong when the service refuses a call for its time: the phone's, the service's,
 * or unknown.
 *
 * An accepted proof shows that both clocks agreed then. Since then the phone's clock either went on evenly,
 * compared with its steady clock, or jumped: by the present difference between the two, or not.
 */

import { ClockError, ProblemError, type ClockOwner } from "./errors.ts";

/** Tolerance in ms within which a clock counts as not having jumped. */
const EVEN_MS = 30_000;
/**
 * Tolerance (ms) between a clock jump and the skew it must explain: the 60 s a proof may be off, plus
 * EVEN_MS.
 */
const APART_MS = 90_000;

/** Time when a service last accepted this phone's time; both clocks return ms. */
export class Agreement {
  readonly #wall: () => number;
  readonly #steady: () => number;
  #offset: number | null = null;

  constructor(wall: () => number, steady: () => number) {
    this.#wall = wall;
    this.#steady = steady;
  }

  /** Records that a proof made just now was accepted. */
  agreed(): void {
    this.#offset = this.#wall() - this.#steady();
  }

  /**
   * Returns whose fault it is that this phone's clock is so many ms ahead of the service's. A steady clock
   * may stop while the phone sleeps; the wall clock then went on without being set.
   */
  whose(ahead: number): ClockOwner {
    if (this.#offset === null) {
      return "unknown";
    }
    const jump = this.#wall() - this.#steady() - this.#offset;
    if (Math.abs(jump) <= EVEN_MS) {
      return "service";
    }
    return Math.abs(jump - ahead) <= APART_MS ? "phone" : "unknown";
  }

  /** Returns a ClockError that names the wrong clock for time-related refusals; any other error unchanged. */
  explain(error: Error): Error {
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

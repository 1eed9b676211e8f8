/**
 * Measures how long the app was in the background. Timers stop in a hidden or frozen page, so the times are
 * compared when the app returns. It uses two clocks, since the steady clock may stop while the phone sleeps
 * and the wall clock may be set back by the person holding the phone.
 */

export interface Clocks {
  /** Returns ms since the epoch, like `Date.now`. */
  readonly wall: () => number;
  /** Returns ms since an arbitrary moment and never goes back, like `performance.now`. */
  readonly steady: () => number;
}

export const LOCK_AFTER_MS = 5 * 60 * 1000;

export class Absence {
  readonly #clocks: Clocks;
  #left: { wall: number; steady: number } | null = null;

  constructor(clocks: Clocks) {
    this.#clocks = clocks;
  }

  /** Records that the app went to the background. If it was already away, the earlier time is kept. */
  leave(): void {
    this.#left ??= { wall: this.#clocks.wall(), steady: this.#clocks.steady() };
  }

  get isAway(): boolean {
    return this.#left !== null;
  }

  /** True if the app was away long enough to lock. */
  get isLong(): boolean {
    if (this.#left === null) {
      return false;
    }
    const wall = this.#clocks.wall() - this.#left.wall;
    return wall < 0 || Math.max(wall, this.#clocks.steady() - this.#left.steady) >= LOCK_AFTER_MS;
  }

  comeBack(): void {
    this.#left = null;
  }
}

/**
 * Returns whether the app must start locked at `now` if it was last left at `left` (wall clock, null:
 * unknown).
 */
export function isLockedAtStart(left: number | null, now: number): boolean {
  return left === null || now < left || now - left >= LOCK_AFTER_MS;
}

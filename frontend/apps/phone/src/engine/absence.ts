/**
 * How long the app was away. Timers stand still in a page that is hidden or frozen, so two clocks are compared when it
 * comes back; one of them alone might stand still (asleep) or be set back (by whoever holds the phone).
 */

export interface Clocks {
  /** Ms since the epoch; Date.now. */
  readonly wall: () => number;
  /** Ms since some moment, never set back; performance.now. */
  readonly steady: () => number;
}

export const LOCK_AFTER_MS = 5 * 60 * 1000;

export class Absence {
  readonly #clocks: Clocks;
  #left: { wall: number; steady: number } | null = null;

  constructor(clocks: Clocks) {
    this.#clocks = clocks;
  }

  /** The app goes to the back; what went there before has been away since then. */
  leave(): void {
    this.#left ??= { wall: this.#clocks.wall(), steady: this.#clocks.steady() };
  }

  get isAway(): boolean {
    return this.#left !== null;
  }

  /** Whether it has been away for so long that it locks. */
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

/** Whether one who left at `left` (wall, null: not known) finds the app locked when it starts anew at `now`. */
export function isLockedAtStart(left: number | null, now: number): boolean {
  return left === null || now < left || now - left >= LOCK_AFTER_MS;
}

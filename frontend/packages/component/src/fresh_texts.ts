/**
 * QR texts of the coming seconds. A text is returned only during its own second, so a code can never be
 * stale.
 *
 * Elapsed time is the larger value of two clocks, since the page's own clock may stop while the computer
 * sleeps.
 */

export interface Clocks {
  /** Returns milliseconds that only increase. */
  steady(): number;
  /** Returns wall-clock milliseconds. */
  wall(): number;
}

export const CLOCKS: Clocks = { steady: () => performance.now(), wall: () => Date.now() };

/** Milliseconds since its creation. */
export class Elapsed {
  readonly #clocks: Clocks;
  readonly #steady: number;
  readonly #wall: number;

  constructor(clocks: Clocks = CLOCKS) {
    this.#clocks = clocks;
    this.#steady = clocks.steady();
    this.#wall = clocks.wall();
  }

  get ms(): number {
    return Math.max(this.#clocks.steady() - this.#steady, this.#clocks.wall() - this.#wall);
  }
}

export class FreshTexts {
  readonly #texts: readonly string[];
  readonly #every: number;
  readonly #since: Elapsed;

  constructor(texts: readonly string[], every: number, clocks: Clocks = CLOCKS) {
    this.#texts = texts;
    this.#every = every;
    this.#since = new Elapsed(clocks);
  }

  /** The text of this second; null once all are used. */
  get now(): string | null {
    return this.#texts[Math.floor(this.#since.ms / this.#every)] ?? null;
  }
}

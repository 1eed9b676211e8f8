/** The QR texts of the coming seconds. A text is given for its own second only, so a code can never stand still.
 *
 * Time is the larger of what two clocks say has passed: the page's own clock may stand while the computer sleeps.
 */

export interface Clocks {
  /** Milliseconds that only grow. */
  steady(): number;
  /** Milliseconds of the calendar. */
  wall(): number;
}

export const CLOCKS: Clocks = { steady: () => performance.now(), wall: () => Date.now() };

/** Milliseconds since it was made. */
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

  /** The text of this second; null once they are used up. */
  get now(): string | null {
    return this.#texts[Math.floor(this.#since.ms / this.#every)] ?? null;
  }
}

/** What a list of texts says (views, section 7, "Facts"). */

import { fold, squashed, tightened } from "./fold.ts";
import { tokensOf } from "./tokens.ts";

export class Facts {
  /** By `tight`. */
  readonly texts = new Set<string>();
  /** Values of numbers: of those in no amount, and of all. */
  readonly numbers = new Set<string>();
  readonly allNumbers = new Set<string>();
  readonly dates = new Set<string>();
  readonly currencies = new Set<string>();
  readonly amounts = new Set<string>();
  readonly identifiers = new Set<string>();
  /** Values of numbers that count parts. */
  readonly counts: ReadonlySet<string>;
  /** Whether an amount is also said by its number and its currency apart. */
  readonly isLoose: boolean;
  readonly #squashes: string;

  constructor(texts: readonly string[], counts: ReadonlySet<string>, isLoose: boolean) {
    this.counts = counts;
    this.isLoose = isLoose;
    this.#squashes = texts
      .map((text) => {
        const folded = fold(text);
        this.texts.add(tightened(folded));
        this.#take(folded);
        return squashed(folded);
      })
      .join("\n");
  }

  hasAmount(number: string, code: string): boolean {
    const isApart = this.isLoose && this.numbers.has(number) && this.currencies.has(code);
    return isApart || this.amounts.has(`${number} ${code}`);
  }

  hasWords(squash: string): boolean {
    return this.#squashes.includes(squash);
  }

  #take(folded: string): void {
    for (const token of tokensOf(folded)) {
      switch (token.kind) {
        case "number":
          this.numbers.add(token.value);
          this.allNumbers.add(token.value);
          break;
        case "amount":
          this.allNumbers.add(token.number);
          this.currencies.add(token.code);
          this.amounts.add(`${token.number} ${token.code}`);
          break;
        case "currency":
          this.currencies.add(token.code);
          break;
        case "date":
          this.dates.add(token.day);
          break;
        case "identifier":
          this.identifiers.add(folded.slice(token.start, token.end));
          break;
        default:
      }
    }
  }
}

/** As numbers' values are written; see `numberToken`. */
export const countOf = (count: number): string => (count === 0 ? "." : `${count}.`);

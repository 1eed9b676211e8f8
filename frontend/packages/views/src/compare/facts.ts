/** Facts of a list of texts (views, section 7, "Facts"). */

import { fold, removeBreaks, removeSpaces } from "./fold.ts";
import { tokensOf } from "./tokens.ts";

/** Tokens of the texts, by kind. */
interface Taken {
  /** Values of numbers that aren't part of an amount; `allNumbers` has all of them. */
  readonly numbers: Set<string>;
  readonly allNumbers: Set<string>;
  readonly dates: Set<string>;
  readonly currencies: Set<string>;
  readonly amounts: Set<string>;
  readonly identifiers: Set<string>;
}

/** Facts of texts. Each kind is computed on first use: a line that occurs verbatim needs no others. */
export class Facts {
  /** Values of numbers that are counts of parts. */
  readonly counts: ReadonlySet<string>;
  /** True if the number and the currency of an amount may occur separately. */
  readonly #isLoose: boolean;
  readonly #folded: readonly string[];
  #tight: ReadonlySet<string> | null = null;
  #squashes: string | null = null;
  #taken: Taken | null = null;

  constructor(texts: Iterable<string>, counts: ReadonlySet<string>, isLoose: boolean) {
    this.counts = counts;
    this.#isLoose = isLoose;
    this.#folded = [...new Set(texts)].map(fold);
  }

  /** Reports whether one of the texts is this one, by `tight`. */
  hasText(tight: string): boolean {
    this.#tight ??= new Set(this.#folded.map(removeSpaces));
    return this.#tight.has(tight);
  }

  hasWords(squash: string): boolean {
    this.#squashes ??= this.#folded.map(removeBreaks).join("\n");
    return this.#squashes.includes(squash);
  }

  hasAmount(number: string, code: string): boolean {
    const { amounts, numbers, currencies } = this.#tokens;
    const isApart = this.#isLoose && numbers.has(number) && currencies.has(code);
    return isApart || amounts.has(`${number} ${code}`);
  }

  hasNumber(value: string): boolean {
    return this.#tokens.allNumbers.has(value);
  }

  hasDate(day: string): boolean {
    return this.#tokens.dates.has(day);
  }

  hasCurrency(code: string): boolean {
    return this.#tokens.currencies.has(code);
  }

  hasIdentifier(text: string): boolean {
    return this.#tokens.identifiers.has(text);
  }

  get #tokens(): Taken {
    this.#taken ??= taken(this.#folded);
    return this.#taken;
  }
}

function taken(texts: readonly string[]): Taken {
  const all: Taken = {
    numbers: new Set(),
    allNumbers: new Set(),
    dates: new Set(),
    currencies: new Set(),
    amounts: new Set(),
    identifiers: new Set(),
  };
  for (const text of texts) {
    take(all, text);
  }
  return all;
}

function take(all: Taken, folded: string): void {
  for (const token of tokensOf(folded)) {
    switch (token.kind) {
      case "number":
        all.numbers.add(token.value);
        all.allNumbers.add(token.value);
        break;
      case "amount":
        all.allNumbers.add(token.number);
        all.currencies.add(token.code);
        all.amounts.add(`${token.number} ${token.code}`);
        break;
      case "currency":
        all.currencies.add(token.code);
        break;
      case "date":
        all.dates.add(token.day);
        break;
      case "identifier":
        all.identifiers.add(folded.slice(token.start, token.end));
        break;
      default:
    }
  }
}

/** Writes a count as the value of a number token; see `numberToken`. */
export const countOf = (count: number): string => (count === 0 ? "." : `${count}.`);

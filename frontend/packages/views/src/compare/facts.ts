/** What a list of texts says (views, section 7, "Facts"). */

import { fold, squashed, tightened } from "./fold.ts";
import { tokensOf } from "./tokens.ts";

/** What the tokens of the texts are. */
interface Taken {
  /** Values of numbers: of those in no amount, and of all. */
  readonly numbers: Set<string>;
  readonly allNumbers: Set<string>;
  readonly dates: Set<string>;
  readonly currencies: Set<string>;
  readonly amounts: Set<string>;
  readonly identifiers: Set<string>;
}

/** Each kind is looked for when it is first asked for: a line that a text says as it stands needs none of the others. */
export class Facts {
  /** Values of numbers that count parts. */
  readonly counts: ReadonlySet<string>;
  /** Whether an amount is also said by its number and its currency apart. */
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

  /** Whether one of the texts is this, by `tight`. */
  hasText(tight: string): boolean {
    this.#tight ??= new Set(this.#folded.map(tightened));
    return this.#tight.has(tight);
  }

  hasWords(squash: string): boolean {
    this.#squashes ??= this.#folded.map(squashed).join("\n");
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

/** As numbers' values are written; see `numberToken`. */
export const countOf = (count: number): string => (count === 0 ? "." : `${count}.`);

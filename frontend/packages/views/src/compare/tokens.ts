/**
 * Tokens of a folded text, from left to right (views, section 7, "Tokens"): amounts, numbers, dates,
 * identifiers, words.
 */

import { CURRENCY_CODES, CURRENCY_NAMES } from "../currencies.ts";
import { isoDay } from "../dates.ts";
import { type Decimal, readDecimal } from "../numbers.ts";
import { BREAKS } from "./fold.ts";

interface Span {
  /** In code units of the text. */
  readonly start: number;
  readonly end: number;
}
export interface NumberToken extends Span {
  readonly kind: "number";
  /** Identical for equal values. */
  readonly value: string;
  /** True if it is written with digits after a point. */
  readonly isFraction: boolean;
  /** True if its absolute value is 100 or more. */
  readonly isLarge: boolean;
}
export interface CurrencyToken extends Span {
  readonly kind: "currency";
  readonly code: string;
}
export interface AmountToken extends Span {
  readonly kind: "amount";
  readonly number: string;
  readonly code: string;
}
interface DateToken extends Span {
  readonly kind: "date";
  readonly day: string;
}
interface PlainToken extends Span {
  readonly kind: "time" | "identifier" | "words";
}
export type Token = NumberToken | CurrencyToken | AmountToken | DateToken | PlainToken;

const ALNUM = /[a-z0-9]/;
const DATES = [
  /([0-9]{4})()([0-9]{2})([0-9]{2})/y,
  /([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})/y,
  /([0-9]{4})年()([0-9]{1,2})月([0-9]{1,2})日/y,
];
const TIME = /[0-9]{2}:[0-9]{2}(?:[a-z0-9]|[:+.](?=[a-z0-9]))*/y;
const MULTIPLES: Readonly<Record<string, number>> = { 万: 4, 亿: 8 };
/** Currency names and signs by their first character, longest first. */
const SIGNS = new Map<string, (readonly [string, string])[]>();
for (const entry of [...CURRENCY_CODES, ["¥", "CNY"], ["$", "USD"], ["€", "EUR"], ["£", "GBP"]] as const) {
  SIGNS.set(entry[0][0]!, [...(SIGNS.get(entry[0][0]!) ?? []), entry]);
}
for (const entries of SIGNS.values()) {
  // oxlint-disable-next-line unicorn/no-array-sort -- its own list
  entries.sort(([a], [b]) => b.length - a.length);
}
const CODES = new Map([...CURRENCY_NAMES.keys()].map((code) => [code.toLowerCase(), code]));
CODES.set("rmb", "CNY");

export function tokensOf(text: string): Token[] {
  return new Tokens(text).read();
}

/** Returns the index after any spaces. */
export function skipSpaces(text: string, from: number): number {
  let at = from;
  while (text[at] === " ") {
    at++;
  }
  return at;
}

const isAlnum = (character: string | undefined): boolean => character !== undefined && ALNUM.test(character);
const isDigit = (character: string | undefined): boolean =>
  character !== undefined && character >= "0" && character <= "9";

class Tokens {
  readonly #text: string;
  readonly #tokens: Token[] = [];
  /** Words in progress; their end is that of the last non-space. */
  #words: { readonly start: number; end: number } | null = null;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Token[] {
    const text = this.#text;
    for (let at = 0; at < text.length;) {
      if (text[at] === " ") {
        at++;
      } else {
        at = this.#next(at);
      }
    }
    this.#endWords();
    return joined(text, this.#tokens);
  }

  /** Consumes what begins here and returns where the next token begins. */
  #next(at: number): number {
    const character = this.#text[at]!;
    const isRun = isAlnum(character);
    const currency = this.#currency(at, isRun);
    if (currency !== null) {
      return this.#put(currency);
    }
    if (isRun) {
      return this.#date(at) ?? this.#time(at) ?? this.#run(at);
    }
    if (BREAKS.has(character)) {
      this.#endWords();
      return at + 1;
    }
    return this.#word(at, at + 1);
  }

  #currency(start: number, isRun: boolean): CurrencyToken | null {
    const text = this.#text;
    const currency = (length: number, code: string): CurrencyToken => ({
      kind: "currency",
      start,
      end: start + length,
      code,
    });
    if (isRun) {
      const isDollar = text[start + 2] === "$";
      const code = isDollar ? { us: "USD", hk: "HKD" }[text.slice(start, start + 2)] : undefined;
      return code === undefined ? null : currency(3, code);
    }
    const entry = SIGNS.get(text[start]!)?.find(([name]) => text.startsWith(name, start));
    if (entry !== undefined) {
      return currency(entry[0].length, entry[1]);
    }
    return text[start] === "元" && this.#isUnit(start) ? currency(1, "CNY") : null;
  }

  /** Reports whether 元 here follows a number, or is the whole text. */
  #isUnit(start: number): boolean {
    const last = this.#words === null ? this.#tokens.at(-1) : undefined;
    const isAfter = last?.kind === "number" && skipSpaces(this.#text, last.end) === start;
    return isAfter || this.#text.replaceAll(" ", "") === "元";
  }

  #date(start: number): number | null {
    for (const form of DATES) {
      form.lastIndex = start;
      const match = form.exec(this.#text);
      if (match !== null) {
        const [whole, year, , month, day] = match;
        const date = isoDay(Number(year), Number(month), Number(day));
        const end = this.#dateEnd(start + whole.length);
        if (date === null || end === null || Number(year) < 1900 || Number(year) > 2099) {
          return null;
        }
        return this.#put({ kind: "date", start, end, day: date });
      }
    }
    return null;
  }

  /** Returns where a date ends, including the `t` before a time; null if it is part of something longer. */
  #dateEnd(end: number): number | null {
    const [next, after] = [this.#text[end], this.#text[end + 1]];
    if (this.#text[end - 1] === "日") {
      return end;
    }
    if (next === "t" && isDigit(after)) {
      return end + 1;
    }
    const goesOn = isAlnum(next) || (/^[-/.]$/.test(next ?? "") && isAlnum(after));
    return goesOn ? null : end;
  }

  #time(start: number): number | null {
    TIME.lastIndex = start;
    const match = TIME.exec(this.#text);
    return match === null ? null : this.#put({ kind: "time", start, end: start + match[0].length });
  }

  #run(start: number): number {
    const end = this.#runEnd(start);
    const run = this.#text.slice(start, end);
    const code = CODES.get(run);
    if (code !== undefined) {
      return this.#put({ kind: "currency", start, end, code });
    }
    const number = readDecimal(run, true);
    if (number !== null) {
      return this.#number(number, start, end);
    }
    const before = CODES.get(run.slice(0, 3));
    const rest = before === undefined ? null : readDecimal(run.slice(3), true);
    if (before !== undefined && rest !== null) {
      this.#put({ kind: "currency", start, end: start + 3, code: before });
      return this.#number(rest, start + 3, end);
    }
    const behind = CODES.get(run.slice(-3));
    const first = behind === undefined ? null : readDecimal(run.slice(0, -3), true);
    if (behind !== undefined && first !== null) {
      this.#put(numberToken(this.#signed(first, start), start, end - 3, 0));
      return this.#put({ kind: "currency", start: end - 3, end, code: behind });
    }
    return /[0-9]/.test(run) ? this.#put({ kind: "identifier", start, end }) : this.#word(start, end);
  }

  #runEnd(start: number): number {
    const text = this.#text;
    let at = start + 1;
    for (; at < text.length; at++) {
      const character = text[at]!;
      const isMark = /^[-/._]$/.test(character) && isAlnum(text[at + 1]);
      const isComma = character === "," && isDigit(text[at - 1]) && isDigit(text[at + 1]);
      if (!isMark && !isComma && !isAlnum(character)) {
        break;
      }
    }
    return at;
  }

  #number(number: Decimal, start: number, end: number): number {
    const at = skipSpaces(this.#text, end);
    const multiple = MULTIPLES[this.#text[at] ?? ""];
    return this.#put(
      numberToken(this.#signed(number, start), start, multiple === undefined ? end : at + 1, multiple ?? 0),
    );
  }

  #signed(number: Decimal, start: number): Decimal {
    const isMinus = this.#text[start - 1] === "-" && !isAlnum(this.#text[start - 2]);
    return isMinus ? { ...number, isMinus } : number;
  }

  #word(start: number, end: number): number {
    this.#words ??= { start, end };
    this.#words.end = end;
    return end;
  }

  #endWords(): void {
    if (this.#words !== null) {
      this.#tokens.push({ kind: "words", ...this.#words });
      this.#words = null;
    }
  }

  #put(token: Token): number {
    this.#endWords();
    this.#tokens.push(token);
    return token.end;
  }
}

function numberToken(
  { isMinus, whole, fraction }: Decimal,
  start: number,
  end: number,
  multiple: number,
): NumberToken {
  const all = `${whole}${fraction}`.padEnd(whole.length + multiple, "0");
  const point = whole.length + multiple;
  const [large, small] = [all.slice(0, point).replace(/^0+/, ""), all.slice(point).replace(/0+$/, "")];
  const sign = isMinus && large + small !== "" ? "-" : "";
  return {
    kind: "number",
    start,
    end,
    value: `${sign}${large}.${small}`,
    isFraction: fraction !== "",
    isLarge: large.length > 2,
  };
}

/** Joins a number and a currency into an amount if only spaces are between them. */
function joined(text: string, tokens: readonly Token[]): Token[] {
  const all: Token[] = [];
  for (let n = 0; n < tokens.length; n++) {
    const [token, next] = [tokens[n]!, tokens[n + 1]];
    const amount = next !== undefined && isNext(text, token, next) ? amountOf(token, next) : null;
    if (amount === null) {
      all.push(token);
      continue;
    }
    n++;
    const after = tokens[n + 1];
    const isAgain = token.kind === "currency" && after?.kind === "currency" && after.code === token.code;
    if (isAgain && isNext(text, amount, after)) {
      n++;
      all.push({ ...amount, end: after.end });
    } else {
      all.push(amount);
    }
  }
  return all;
}

function amountOf(token: Token, next: Token): AmountToken | null {
  const [start, end] = [token.start, next.end];
  if (token.kind === "number" && next.kind === "currency") {
    return { kind: "amount", start, end, number: token.value, code: next.code };
  }
  return token.kind === "currency" && next.kind === "number"
    ? { kind: "amount", start, end, number: next.value, code: token.code }
    : null;
}

/** Reports whether only spaces are between them. */
export const isNext = (text: string, { end }: Span, { start }: Span): boolean =>
  skipSpaces(text, end) >= start;

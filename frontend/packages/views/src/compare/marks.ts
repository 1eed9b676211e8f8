/** Marks of what the facts lack in a value (views, section 7, "Marks"). */

import { lengthOf } from "../text.ts";
import type { Facts } from "./facts.ts";
import { fold, removeBreaks, removeSpaces } from "./fold.ts";
import { isNext, type NumberToken, skipSpaces, type Token, tokensOf } from "./tokens.ts";

/** Mark `[start, end, kind]`, in code points of the value. */
export type Mark = readonly [number, number, MarkKind];
export type MarkKind = "absent" | "unchecked";

export interface Measure {
  readonly facts: Facts;
  /** True if the facts are those of rows with the value's own label. */
  readonly isStrict: boolean;
  /** True if one of those rows has a unit. */
  readonly hasUnit: boolean;
}

const COUNTERS = "项份种票笔";
const PARTY_LABEL =
  /人|公司|单位|企业|户名|姓名|甲方|乙方|购买方|销售方|party|buyer|seller|company|consign|shipper/;
const PARTY_END = /(?:公司|厂|行|社|所|院|店|中心|集团)$/;
const PARTY_WORD = /(?:^| )(?:gmbh|ltd|limited|inc|llc|ag|ug|corp|bv|plc|sa|srl|kk)$/;

export function marksOf(label: string, value: string, measure: Measure): Mark[] {
  const text = fold(value);
  if (text === "" || measure.facts.hasText(removeSpaces(text))) {
    return [];
  }
  const marker = new Marker(fold(label), text, measure);
  return marker.marks().map(([start, end, kind]) => {
    const before = lengthOf(value.slice(0, start));
    return [before, before + lengthOf(value.slice(start, end)), kind];
  });
}

class Marker {
  readonly #label: string;
  readonly #text: string;
  readonly #measure: Measure;
  readonly #tokens: readonly Token[];

  constructor(label: string, text: string, measure: Measure) {
    this.#label = label;
    this.#text = text;
    this.#measure = measure;
    this.#tokens = tokensOf(text);
  }

  /** Returns the marks, in code units. */
  marks(): Mark[] {
    return this.#tokens.flatMap((token, n) => {
      const kind = this.#mark(token, this.#tokens[n - 1]);
      return kind === null ? [] : [[token.start, token.end, kind]];
    });
  }

  /** Returns the kind of mark; null if the facts contain the token. */
  #mark(token: Token, before: Token | undefined): MarkKind | null {
    const { facts, isStrict } = this.#measure;
    switch (token.kind) {
      case "amount":
        return facts.hasAmount(token.number, token.code) ? null : "absent";
      case "date":
        return facts.hasDate(token.day) ? null : "absent";
      case "currency":
        return facts.hasCurrency(token.code) ? null : "absent";
      case "number":
        return this.#number(token);
      case "identifier": {
        const isAlarm = isStrict || token.end - token.start >= 4;
        const isKnown = facts.hasIdentifier(this.#text.slice(token.start, token.end));
        return isKnown ? null : alarm(isAlarm);
      }
      case "words":
        return this.#words(token, before);
      case "time":
        return "unchecked";
    }
  }

  #number(token: NumberToken): MarkKind | null {
    const { facts, isStrict } = this.#measure;
    const next = this.#text[skipSpaces(this.#text, token.end)] ?? " ";
    const isThere = facts.hasNumber(token.value);
    if (COUNTERS.includes(next) && facts.counts.size > 0) {
      return facts.counts.has(token.value) || (isStrict && isThere) ? null : "absent";
    }
    return isThere ? null : alarm(isStrict || token.isFraction || token.isLarge || this.#isAlone(token));
  }

  /** Reports whether the token has nothing beside it except at most one short word. */
  #isAlone(token: Token): boolean {
    const others = this.#tokens.filter((other) => other !== token);
    const [other] = others;
    return (
      other === undefined ||
      (others.length === 1 && other.kind === "words" && lengthOf(this.#squash(other)) <= 3)
    );
  }

  #words(token: Token, before: Token | undefined): MarkKind | null {
    const { facts, isStrict, hasUnit } = this.#measure;
    const words = this.#text.slice(token.start, token.end);
    const squash = removeBreaks(words).replace(/等$/, "");
    const isUnit =
      before !== undefined && /^(?:number|amount)$/.test(before.kind) && isNext(this.#text, before, token);
    if (facts.hasWords(squash) || (lengthOf(squash) <= 1 && (!isStrict || (isUnit && !hasUnit)))) {
      return null;
    }
    const isParty = lengthOf(squash) > 3 && PARTY_END.test(squash);
    return alarm(isStrict || PARTY_LABEL.test(this.#label) || isParty || PARTY_WORD.test(words));
  }

  #squash({ start, end }: Token): string {
    return removeBreaks(this.#text.slice(start, end));
  }
}

const alarm = (isAlarm: boolean): MarkKind => (isAlarm ? "absent" : "unchecked");

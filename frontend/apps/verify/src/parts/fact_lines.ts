/** Describes a line of a standalone time stamp, certificate, list or answer. */

import { exact } from "@mshield/look/vue/dates.ts";
import type { Translator } from "@mshield/look/vue/words.ts";
import type { Fact } from "@mshield/verify";

import { checkWords } from "../words/checks.ts";
import { partWords } from "../words/parts.ts";

const [EPORT, GB] = ["1.3.6.1.4.1.5315.100.", "1.2.156.10260.4.1."];

export interface FactLine {
  readonly label: string;
  readonly text: string;
  /** True if the label is an identifier without a known name. */
  readonly isOid: boolean;
}

export function factLine({ t }: Translator, { label, values, word, reason, oid }: Fact): FactLine {
  const isSpan = values.length === 2 && values.every((value) => typeof value === "number");
  const [first, ...rest] = isSpan ? [values.map(textOf).join(" – ")] : values.map(textOf);
  const texts = [
    ...(first === undefined ? [] : [first]),
    ...(word === undefined ? [] : [t(`parts.words.${word}`)]),
    ...rest,
    ...(reason === undefined ? [] : [t(`checks.reason.${known(reason)}`)]),
  ];
  const name = oid === undefined ? t(`parts.said.${label}`) : named(t, oid);
  return { label: name, text: texts.join(t("answers.comma")), isOid: name === oid };
}

function textOf(value: string | number): string {
  return typeof value === "number" ? exact(value) : value;
}

function known(reason: number): number {
  return Object.hasOwn(checkWords.zh.reason, reason) ? reason : 0;
}

/** Returns the documented name of a private extension. */
function named(t: Translator["t"], oid: string): string {
  const key = oid.replace(EPORT!, "eport_").replace(GB!, "gb_").replaceAll(".", "_");
  return Object.hasOwn(partWords.zh.private, key) ? t(`parts.private.${key}`) : oid;
}

/** The details of an act or an approval in words; what there are no words for is told as it stands. */

import { moment } from "@mshield/look/vue/dates.ts";
import type { Say } from "@mshield/look/vue/words.ts";

import { detailWords } from "../words/details.ts";

export interface Detail {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  /** A fingerprint or an id, to be compared letter by letter. */
  readonly isCode: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** Which codes a field holds. */
const CODES: Readonly<Record<string, keyof typeof detailWords.zh.code>> = {
  act: "act",
  role: "role",
  roles: "role",
  before: "role",
  after: "role",
  cause: "cause",
  erased_parts: "part",
  kept_parts: "part",
  reason: "cause",
  factor: "factor",
  kind: "kind",
  answer: "answer",
  way: "way",
  ways: "way",
  scopes: "scope",
  how: "how",
  why: "why",
  approver: "role",
  state: "state",
  holds: "hold",
  change: "change",
  enterprise_change: "change",
  place: "place",
};
const ORDER = Object.keys(detailWords.zh.field);
const TIMES = new Set([
  "counts_from",
  "old_until",
  "expires_at",
  "effective_at",
  "since",
  "due_at",
  "from_at",
  "until_at",
]);
const LETTERS = /^[0-9a-f-]{32,64}$/;
const FINGERPRINT = /^[0-9a-f]{64}$/;
/** Its fields hold what was there before and what is there now. */
const CHANGE = "system.change";

/** `t` says the words of `detailWords`. An approval's own details stand among those of the act on it. */
export function detailsOf(t: Say["t"], act: string, details: Fields): Detail[] {
  const { details: inner, ...outer } = details;
  return Object.entries({ ...(isFields(inner) ? inner : {}), ...outer })
    .filter(([, value]) => value !== null)
    .map(([name, value]) => ({
      name,
      label: known(t, "field", name),
      value: act === CHANGE && Array.isArray(value) ? change(t, name, value) : valueText(t, name, value),
      isCode: typeof value === "string" && LETTERS.test(value),
    }))
    .toSorted((a, b) => place(a.name) - place(b.name));
}

function change(t: Say["t"], name: string, values: readonly unknown[]): string {
  return values.map((value) => valueText(t, name, value)).join(" → ");
}

function valueText(t: Say["t"], name: string, value: unknown): string {
  const codes = CODES[name];
  if (Array.isArray(value)) {
    if (value.length === 0) return t("nothing");
    return value.map((item) => valueText(t, name, item)).join(codes ? " / " : t("comma"));
  }
  if (isFields(value)) {
    return Object.entries(value)
      .map(([inner, part]) => `${fieldName(t, name, inner)} ${shortened(valueText(t, inner, part))}`)
      .join(t("comma"));
  }
  if (typeof value === "boolean") return t(`code.yes.${value}`);
  if (typeof value === "number" && TIMES.has(name)) return moment(value);
  return codes ? known(t, `code.${codes}`, String(value)) : String(value);
}

/** Of several fingerprints the beginnings: the proof has them whole. */
function shortened(text: string): string {
  return FINGERPRINT.test(text) ? `${text.slice(0, 12)}…` : text;
}

/** The word of a group for a code; the code itself where there is none, as for a reason in a person's own words. */
function known(t: Say["t"], group: string, code: string): string {
  if (!/^[\w.-]+$/.test(code)) return code;
  const key = `${group}.${code.replaceAll(".", "_")}`;
  const word = t(key);
  return word === key ? code : word;
}

/** How a field within another is called: by the words of the outer one where that holds codes. */
function fieldName(t: Say["t"], outer: string, inner: string): string {
  const codes = CODES[outer];
  return known(t, codes === undefined ? "field" : `code.${codes}`, inner);
}

function place(name: string): number {
  const at = ORDER.indexOf(name);
  return at < 0 ? ORDER.length : at;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Details of an act or approval in words; anything without words is shown unchanged. */

import { moment } from "@mshield/look/vue/dates.ts";
import type { Translator } from "@mshield/look/vue/words.ts";

import { detailWords } from "../words/details.ts";

export interface Detail {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  /** True if it is a fingerprint or id, to be compared letter by letter. */
  readonly isCode: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** Kinds of codes by field. */
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
  "next_update",
  "revoked_at",
  "expires_at",
  "effective_at",
  "since",
  "due_at",
  "from_at",
  "until_at",
]);
const LETTERS = /^[0-9a-f-]{32,64}$/;
const FINGERPRINT = /^[0-9a-f]{64}$/;
/** Act whose fields hold old and new values. */
const CHANGE = "system.change";

/**
 * Returns the details; `t` has the words of `detailWords`. An approval's own details are among those of its
 * act.
 */
export function detailsOf(t: Translator["t"], act: string, details: Fields): Detail[] {
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

function change(t: Translator["t"], name: string, values: readonly unknown[]): string {
  return values.map((value) => valueText(t, name, value)).join(" → ");
}

function valueText(t: Translator["t"], name: string, value: unknown): string {
  const codes = CODES[name];
  if (name === "changes" && Array.isArray(value)) return value.map((one) => changed(t, one)).join(t("comma"));
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

/** Returns a field's old and new value. */
function changed(t: Translator["t"], value: unknown): string {
  if (!isFields(value)) return String(value);
  const [old, now] = [value["old"], value["new"]].map((one) => String(one) || t("nothing"));
  return `${known(t, "changed", String(value["field"]))} ${old} → ${now}`;
}

/** Shortens several fingerprints; the proof has them in full. */
function shortened(text: string): string {
  return FINGERPRINT.test(text) ? `${text.slice(0, 12)}…` : text;
}

/**
 * Returns the group's word for a code; the code itself if there is none, as for a reason typed by a person.
 */
function known(t: Translator["t"], group: string, code: string): string {
  if (!/^[\w.-]+$/.test(code)) return code;
  const key = `${group}.${code.replaceAll(".", "_")}`;
  const word = t(key);
  return word === key ? code : word;
}

/** Returns the name of a nested field, by the words of the outer one if that holds codes. */
function fieldName(t: Translator["t"], outer: string, inner: string): string {
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

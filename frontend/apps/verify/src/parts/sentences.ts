/** Sentences about checks and results. */

import { exact } from "@mshield/look/vue/dates.ts";
import type { Translator } from "@mshield/look/vue/words.ts";
import type { Check, Result, Verdict } from "@mshield/verify";

import type { CaseResult } from "../engine/messages.ts";
import { checkWords } from "../words/checks.ts";
import type { partWords } from "../words/parts.ts";

type Words = Readonly<Record<string, unknown>>;
const HOLD = 6;

export function titleOf({ t }: Translator, { name, state, code }: Check): string {
  const isOfCa = code === "ca_later" || code === "ca_compromised";
  return t(`checks.${isOfCa ? "issuers" : name}.${state}`);
}

/** Returns the sentence for the check's code, or for what it passed with. */
export function sentenceOf({ t }: Translator, check: Check): string {
  return t(`checks.${keyOf(check)}`, valuesOf(t, check));
}

function keyOf({ name, state, code, facts }: Check): string {
  if (code === "not_reached") {
    return "not_reached";
  }
  if (name === "now" && state === "failed") {
    return "now.revoked_before";
  }
  const by = typeof facts["by"] === "string" ? facts["by"] : "good";
  const word = code ?? by;
  const known = (checkWords.zh as Words)[name] as Words;
  return Object.hasOwn(known, word) ? `${name}.${word}` : "other";
}

function valuesOf(t: Translator["t"], { facts, revocation }: Check): Record<string, unknown> {
  const at = facts["at"];
  return {
    ...facts,
    ...(typeof at === "number" && { at: exact(at) }),
    ...(revocation !== null && {
      since: exact(revocation.at),
      ended: t(`checks.ended.${revocation.reason === HOLD ? "held" : "revoked"}`),
      reason: t(
        `checks.reason.${Object.hasOwn(checkWords.zh.reason, revocation.reason) ? revocation.reason : 0}`,
      ),
    }),
  };
}

export type Headline = Verdict | "ca_later" | "ca_compromised" | "not_established" | PartHeadline;

/** Headlines of standalone parts. */
export type PartHeadline = keyof typeof partWords.zh.verdict;

/** Reports whether it is a standalone part. */
export function isPart({ kind }: Pick<Result, "kind">): boolean {
  return kind === "time_stamp" || kind === "certificate" || kind === "crl" || kind === "ocsp";
}

/** Reports whether the signature is valid but no trusted root identifies its signer. */
function isUnestablished(checks: readonly Check[]): boolean {
  const stateOf = (name: string): string | undefined => checks.find((check) => check.name === name)?.state;
  return stateOf("signature") === "passed" && stateOf("chain") === "unchecked";
}

/**
 * Returns the headline: the verdict, with special ones for a revoked issuing CA, and for files of others
 * without a trusted root.
 */
export function headlineOf({ kind, verdict, checks }: Result): Headline {
  if (kind === "time_stamp" || kind === "certificate" || kind === "crl" || kind === "ocsp") {
    const isOpen = verdict === "incomplete" && checks.some((check) => check.code === "no_issuer");
    const state = isUnestablished(checks) && verdict === "incomplete" ? "unestablished" : verdict;
    return `${kind}_${isOpen ? "unsigned" : state}` as PartHeadline;
  }
  if ((kind === "p7" || kind === "signed_file") && verdict === "incomplete" && isUnestablished(checks)) {
    return "not_established";
  }
  const codes = checks.filter(({ name }) => name === "revocation" || name === "issuers");
  if (verdict === "invalid" && codes.some(({ code }) => code === "ca_compromised")) {
    return "ca_compromised";
  }
  return verdict === "valid" && codes.some(({ code }) => code === "ca_later") ? "ca_later" : verdict;
}

/** Returns who and when, or the first thing that is wrong or missing. */
export function leadOf(say: Translator, result: Result): string {
  const { t } = say;
  const { verdict, signer, signedAt, time, judgedAt, checks } = result;
  const headline = headlineOf(result);
  if (isPart(result)) {
    return verdict === "invalid" ? sentenceOf(say, result.checks[0]!) : t(`parts.hint.${headline}`);
  }
  if (headline !== verdict) {
    return t(`${headline}Hint`);
  }
  if (verdict === "valid") {
    const name = signer?.name ?? "";
    return signedAt === null
      ? t("byUndated", { name, at: exact(judgedAt) })
      : t("by", { name, at: exact(time?.at ?? signedAt) });
  }
  const open = checks.find(
    ({ state, isNeeded, code }) =>
      state === "failed" ||
      (verdict === "incomplete" && state === "unchecked" && isNeeded && code !== "not_reached"),
  );
  return open === undefined ? t("missing") : sentenceOf(say, open);
}

/** Returns what vouches for title, lines and business system: the signature, the log, or only the service. */
export function backingOf({ checks }: Result): "bound" | "logged" | "said" {
  const check = checks.find(({ name }) => name === "display");
  if (check?.state !== "passed") {
    return "said";
  }
  return check.facts["by"] === "log" ? "logged" : "bound";
}

/** Returns the note for a document that is neither shown nor inside; a signed PDF is itself the document. */
export function contentPlace({ kind }: Pick<Result, "kind">): "isItself" | "noContent" {
  return kind === "signed_file" ? "isItself" : "noContent";
}

/** Sentences about the signed document, and whether it is inside the signature's file. */
type Named = Pick<Result, "document"> & Partial<Pick<CaseResult, "isInside">>;

/**
 * Returns the name of what was signed: its title, the name of the given file if that is it, else its place.
 */
export function documentName({ t }: Translator, { document, isInside }: Named): string {
  return document?.title ?? document?.name ?? t(isInside ? "named.inside" : "named.noTitle");
}

/** Returns the note about a given file that isn't what was signed; null if there is none. */
export function otherFile({ t }: Translator, { document, isInside }: Named): string | null {
  const name = document?.other ?? null;
  return name === null ? null : t(isInside ? "named.other.inside" : "named.other.nowhere", { name });
}

/** Returns the certificate's present status, if it was requested. */
export function presentState({ checks }: Result): "good" | "revoked" | "on_hold" | "unchecked" {
  const now = checks.find(({ name }) => name === "now") ?? checks.find(({ name }) => name === "revocation");
  if (now?.code === "revoked" || now?.code === "on_hold") {
    return now.code;
  }
  const isAsked = now?.state === "passed" && (now.name === "now" || now.facts["by"] === "asked");
  return isAsked ? "good" : "unchecked";
}

/** Formats a digest in groups of four hex digits. */
export function groupDigest(digest: string): string {
  return (digest.toUpperCase().match(/.{4}/g) ?? []).join(" ");
}

/** Formats a size, such as 24 KB. */
export function formatSize(bytes: number): string {
  const units = ["B", "KB", "MB", "GB"];
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < units.length - 1) {
    [value, unit] = [value / 1024, unit + 1];
  }
  return `${unit === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** The sentence about a check. */

import { exact } from "@mshield/look/vue/dates.ts";
import type { Say } from "@mshield/look/vue/words.ts";
import type { Check, Result, Verdict } from "@mshield/verify";

import type { Shown } from "../engine/messages.ts";
import { checkWords } from "../words/checks.ts";
import type { partWords } from "../words/parts.ts";

type Words = Readonly<Record<string, unknown>>;
const HOLD = 6;

export function titleOf({ t }: Say, { name, state, code }: Check): string {
  const isOfCa = code === "ca_later" || code === "ca_compromised";
  return t(`checks.${isOfCa ? "issuers" : name}.${state}`);
}

/** By the check's code, or by what it passed with. */
export function sentenceOf({ t }: Say, check: Check): string {
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

function valuesOf(t: Say["t"], { facts, revocation }: Check): Record<string, unknown> {
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

/** What a time stamp, certificate, list or OCSP answer is that stands alone. */
export type PartHeadline = keyof typeof partWords.zh.verdict;

/** Whether it is one of those that stand alone and say something themselves. */
export function isPart({ kind }: Pick<Result, "kind">): boolean {
  return kind === "time_stamp" || kind === "certificate" || kind === "crl" || kind === "ocsp";
}

/** Whether the signature is right, and no trusted root says whose it is. */
function isUnestablished(checks: readonly Check[]): boolean {
  const stateOf = (name: string): string | undefined => checks.find((check) => check.name === name)?.state;
  return stateOf("signature") === "passed" && stateOf("chain") === "unchecked";
}

/** The verdict in words of its own where the issuing CA was revoked, or of a file of others under no root that is trusted. */
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

/** Who and when, or the first thing that is wrong or missing. */
export function leadOf(say: Say, result: Result): string {
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

/** Who stands for title, lines and business system: the signature, the log, or nobody but the service. */
export function standingOf({ checks }: Result): "bound" | "logged" | "said" {
  const check = checks.find(({ name }) => name === "display");
  if (check?.state !== "passed") {
    return "said";
  }
  return check.facts["by"] === "log" ? "logged" : "bound";
}

/** Of a document that isn't shown nor inside: a signed PDF is itself the document. */
export function whereItIs({ kind }: Pick<Result, "kind">): "isItself" | "noContent" {
  return kind === "signed_file" ? "isItself" : "noContent";
}

/** What was signed, and whether it lies in the signature's file. */
type Named = Pick<Result, "document"> & Partial<Pick<Shown, "isInside">>;

/** How what was signed is called: by its title, by the file that was given and is it, else by where it lies. */
export function documentName({ t }: Say, { document, isInside }: Named): string {
  return document?.title ?? document?.name ?? t(isInside ? "named.inside" : "named.noTitle");
}

/** What is told of a file that was given and isn't what was signed; null where there is none. */
export function otherFile({ t }: Say, { document, isInside }: Named): string | null {
  const name = document?.other ?? null;
  return name === null ? null : t(isInside ? "named.other.inside" : "named.other.nowhere", { name });
}

/** How the certificate stands now, as far as it was asked. */
export function nowOf({ checks }: Result): "good" | "revoked" | "on_hold" | "unchecked" {
  const now = checks.find(({ name }) => name === "now") ?? checks.find(({ name }) => name === "revocation");
  if (now?.code === "revoked" || now?.code === "on_hold") {
    return now.code;
  }
  const isAsked = now?.state === "passed" && (now.name === "now" || now.facts["by"] === "asked");
  return isAsked ? "good" : "unchecked";
}

/** A digest in groups of four hex digits. */
export function grouped(digest: string): string {
  return (digest.toUpperCase().match(/.{4}/g) ?? []).join(" ");
}

/** 24 KB. */
export function sized(bytes: number): string {
  const units = ["B", "KB", "MB", "GB"];
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < units.length - 1) {
    [value, unit] = [value / 1024, unit + 1];
  }
  return `${unit === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** A reader's questions about a signature, in order, each answered by the checks about it. */

import { honest } from "@mshield/look/honest_text.ts";
import { exact } from "@mshield/look/vue/dates.ts";
import type { Translator } from "@mshield/look/vue/words.ts";
import type { Check, CheckName, CheckState, Result } from "@mshield/verify";

import { holderLine } from "./holder.ts";
import { documentName, groupDigest, presentState, sentenceOf } from "./sentences.ts";

export const QUESTIONS = ["who", "what", "when", "signing", "now", "ca", "log"] as const;
export type Question = (typeof QUESTIONS)[number];

export interface Answer {
  readonly question: Question;
  readonly state: CheckState;
  readonly isNeeded: boolean;
  readonly main: string;
  readonly more: string;
  /** Source of the time. */
  readonly source: "outside" | "own" | "service" | null;
}

/** Checks that answer each question, the most important first. */
const CHECKS: Readonly<Record<Question, readonly CheckName[]>> = {
  who: ["signature", "chain"],
  what: ["content", "input", "display", "request", "cms"],
  when: ["time_stamp"],
  signing: ["revocation"],
  now: ["now"],
  ca: ["issuers"],
  log: ["log"],
};

const TITLED: ReadonlySet<Question> = new Set(["signing", "ca", "log"]);

/** Codes of the signer's revocation that are about the issuer. */
const OF_CA: ReadonlySet<string | null> = new Set(["ca_later", "ca_compromised"]);

export function titleOf({ t }: Translator, question: Question): string {
  return t(TITLED.has(question) ? `answers.${question}.title` : `answers.${question}`);
}

/** Returns the answers, the first failed one first, the rest in the order of the questions. */
export function answersOf(say: Translator, result: Result): Answer[] {
  const all = QUESTIONS.flatMap((question) => answerOf(say, result, question) ?? []);
  return [true, false].flatMap((isFailed) => all.filter(({ state }) => (state === "failed") === isFailed));
}

function answerOf(say: Translator, result: Result, question: Question): Answer | null {
  const about = question === "ca" ? aboutCa(result) : checksOf(result, CHECKS[question]);
  const isMade = about.some(({ code }) => code !== "not_reached");
  if (question === "when" ? result.judgedAt === null : !isMade) {
    return null;
  }
  const worst = about.reduce<Check | undefined>(
    (one, other) => (one === undefined || rank(other) > rank(one) ? other : one),
    undefined,
  );
  const base = { question, state: worst?.state ?? "unchecked", isNeeded: worst?.isNeeded ?? false };
  const sentence = worst === undefined ? "" : sentenceOf(say, worst);
  return { ...base, source: null, ...texts(say, result, question, { worst, sentence }) };
}

/** Returns the issuing CA's status: by a present list, else by the answer inside the bundle. */
function aboutCa({ checks }: Result): Check[] {
  const listed = checks.filter(({ name, code }) => name === "issuers" && code !== "status_missing");
  return listed.length > 0
    ? listed
    : checks.filter(({ name, code }) => name === "revocation" && OF_CA.has(code));
}

function checksOf({ checks }: Result, names: readonly CheckName[]): Check[] {
  const named = names.flatMap((name) => checks.find((check) => check.name === name) ?? []);
  // An unbound value is marked in its place, and makes nothing else less certain.
  return named.filter(
    ({ name, state, isNeeded }, i) => i === 0 || state !== "unchecked" || isNeeded || name === "now",
  );
}

function rank({ state, isNeeded }: Check): number {
  return { failed: 4, unchecked: isNeeded ? 3 : 1, noted: 2, passed: 0 }[state];
}

interface Told {
  readonly worst: Check | undefined;
  readonly sentence: string;
}

function texts(
  say: Translator,
  result: Result,
  question: Question,
  { worst, sentence }: Told,
): Partial<Answer> & Pick<Answer, "main" | "more"> {
  const { t } = say;
  const isGood = worst?.state === "passed";
  switch (question) {
    case "who":
      return { main: whoOf(say, result), more: isGood ? certificateOf(say, result) : sentence };
    case "what":
      return { main: nameOf(say, result), more: isGood ? fingerprintOf(say, result) : sentence };
    case "when":
      return whenOf(say, result, sentence);
    case "now":
      return { main: t(`nowIs.${presentState(result)}`), more: sentence };
    case "log":
      return {
        main: t(`answers.log.${worst?.state ?? "unchecked"}`),
        more: isGood
          ? [sentence, ...partsOf(say, worst), logTimeOf(say, result), ...witnessesOf(say, result)].join(
              t("answers.semicolon"),
            )
          : sentence,
      };
    default:
      return { main: t(`answers.${question}.${worst?.state ?? "unchecked"}`), more: sentence };
  }
}

/** Says whether the log tells what belongs to a bundle. */
function partsOf({ t }: Translator, log: Check | undefined): string[] {
  const parts = log?.facts["parts"];
  return typeof parts === "boolean" ? [t(`answers.parts.${parts ? "signed" : "untold"}`)] : [];
}

function whoOf({ t }: Translator, { signer, verdict }: Result): string {
  if (signer === null) {
    return t("answers.nobody");
  }
  const who = [signer.name, signer.organisation, signer.role].filter(Boolean).join(t("answers.comma"));
  return verdict === "invalid" ? t("answers.claimed", { who }) : who;
}

function certificateOf(say: Translator, result: Result): string {
  const { t } = say;
  const { signer } = result;
  const holder = holderLine(say, result);
  const parts = [
    ...(holder === "" ? [] : [holder]),
    ...(signer?.creditCode ? [`${t("creditCode")} ${signer.creditCode}`] : []),
    `${t("serial")} ${signer?.serial ?? ""}`,
  ];
  return parts.join(t("answers.comma"));
}

function nameOf(say: Translator, result: Result): string {
  return result.document === null ? say.t("answers.nothing") : documentName(say, result);
}

function fingerprintOf({ t }: Translator, { document }: Result): string {
  const groups = groupDigest(document?.digest ?? "").split(" ");
  return t("answers.unchanged", { print: `${groups.slice(0, 2).join(" ")} … ${groups.at(-1) ?? ""}` });
}

/** Returns the outside witnesses of the log; empty if no witness is trusted. */
export function witnessesOf({ t }: Translator, { witnesses }: Pick<Result, "witnesses">): string[] {
  if (witnesses === null) {
    return [];
  }
  const shown = witnesses.map(({ witness, at }) =>
    t("answers.witnesses.one", { name: honest(witness), at: exact(at) }),
  );
  return [
    shown.length === 0
      ? t("answers.witnesses.none")
      : t("answers.witnesses.some", { who: shown.join(t("answers.comma")) }),
  ];
}

/** Returns the time by which the log had it, and its source. */
function logTimeOf({ t }: Translator, { logTime }: Result): string {
  return logTime === null || logTime.by === "service"
    ? t("answers.logTime.none")
    : t(`answers.logTime.${logTime.by}`, { at: exact(logTime.latest) });
}

function whenOf(
  { t }: Translator,
  { time, signedAt, judgedAt }: Result,
  sentence: string,
): Partial<Answer> & Pick<Answer, "main" | "more"> {
  if (time !== null && time.by !== "service") {
    const source = time.by;
    return {
      main: exact(time.at),
      more: t(`answers.by.${source}`, { authority: time.authority ?? "" }),
      source,
    };
  }
  if (signedAt !== null) {
    return { main: exact(signedAt), more: sentence || t("answers.by.service"), source: "service" };
  }
  return { main: t("answers.undated"), more: t("answers.checkedAs", { at: exact(judgedAt) }) };
}

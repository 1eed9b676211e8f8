/**
 * Errors of the engine: each has a stable `code`, a Chinese and an English sentence, and the FAQ entry that
 * helps.
 *
 * Refusals by the service are `ProblemError`, failures on the way `NetworkError`, refusals by this side
 * `ProtocolError` (the other side broke the protocol) or `PhoneError` (nothing was signed, and no PIN attempt
 * was spent).
 */

import { TEXTS } from "./texts.ts";

export interface ErrorTexts {
  readonly zh?: string | undefined;
  readonly en?: string | undefined;
  readonly faq?: string | undefined;
  readonly extra?: Readonly<Record<string, unknown>>;
}

export class ShieldError extends Error {
  readonly code: string;
  readonly zh: string;
  readonly en: string;
  readonly faq: string | null;
  readonly extra: Readonly<Record<string, unknown>>;

  /** Missing sentences come from `texts.ts`; `detail` is for a log and never holds a secret. */
  constructor(code: string, detail?: string, said: ErrorTexts = {}) {
    const [zh, en, faq] = TEXTS[code] ?? [code, code, null];
    super(detail === undefined ? code : `${code}: ${detail}`);
    this.name = new.target.name;
    this.code = code;
    this.zh = said.zh ?? zh;
    this.en = said.en ?? en;
    this.faq = said.faq ?? faq;
    this.extra = said.extra ?? {};
  }

  /** Id by which customer service and operations find the call; null for errors found by the phone itself. */
  get requestId(): string | null {
    const id = this.extra["request_id"];
    return typeof id === "string" ? id : null;
  }
}

/**
 * The request or its answer was lost, or a gateway answered instead of the service: its effect is unknown.
 */
export class NetworkError extends ShieldError {
  constructor(detail: string) {
    super("network", detail);
  }
}

export class ProtocolError extends ShieldError {}

export class PhoneError extends ShieldError {}

/** The service refused with a problem document (RFC 9457). */
export class ProblemError extends ShieldError {
  readonly status: number;

  constructor(code: string, status: number, detail?: string, said?: ErrorTexts) {
    super(code, detail, said);
    this.status = status;
  }

  /** PIN attempts left, if the refusal reports them. */
  get left(): number | null {
    const left = this.extra["left"];
    return typeof left === "number" ? left : null;
  }
}

export type ClockOwner = "phone" | "service" | "unknown";

const CLOCKS: Readonly<Record<ClockOwner, readonly [zh: string, en: string]>> = {
  phone: [
    "手机的时间不准，比服务{0}。没有执行。请在手机设置中打开“自动设置时间”，再试一次",
    "This phone's clock is wrong: it is {0}. Nothing was done. Have it set its time by itself, then try again",
  ],
  service: [
    "服务的时间不准，不是手机的问题。没有执行，请稍后再试",
    "The service's clock is wrong; your phone is not at fault. Nothing was done. Try again later",
  ],
  unknown: [
    "手机时间比服务器{0}，本次操作未执行。请开启“自动设置时间”后重试；若时间无误，请稍后再试",
    "Beside the service's, this phone's clock is {0}. Nothing was done. Look at the phone's time: if it is wrong, have the phone set it by itself; if it is right, the service is at fault: try again later",
  ],
};

/**
 * A time-related refusal: whose clock is wrong, if known; the phone's is `seconds` ahead of the service's.
 */
export class ClockError extends ProblemError {
  readonly whose: ClockOwner;
  readonly seconds: number;

  constructor(error: ProblemError, whose: ClockOwner, seconds: number) {
    const [zh, en] = CLOCKS[whose];
    super(whose === "service" ? "clock_doubted" : "clock_skewed", error.status, undefined, {
      zh: zh.replace(
        "{0}",
        `${seconds > 0 ? "快" : "慢"}了 ${lengthOf(seconds, "天", "小时", "分钟", "秒")}`,
      ),
      en: en.replace(
        "{0}",
        `${lengthOf(seconds, "days", "hours", "minutes", "seconds")} ${seconds > 0 ? "ahead" : "behind"}`,
      ),
      faq: "3.1",
      extra: { ...error.extra, whose },
    });
    this.whose = whose;
    this.seconds = seconds;
  }
}

function lengthOf(
  seconds: number,
  ...[days, hours, minutes, rest]: readonly [string, string, string, string]
): string {
  const size = Math.abs(seconds);
  for (const [length, unit] of [
    [86_400, days],
    [3600, hours],
    [60, minutes],
  ] as const) {
    if (size >= 2 * length) {
      return `${Math.floor(size / length)} ${unit}`;
    }
  }
  return `${size} ${rest}`;
}

const PASSING = new Set([502, 503, 504]);
const OWN_MEMBERS = new Set(["type", "title", "status", "detail", "code", "zh", "en", "faq"]);

/**
 * Reports whether to retry a repeatable call: the network failed, something is unavailable, or the first
 * attempt is still running. Not after `sms_failed`: the captcha is used up by then, and the next code is
 * possible only after a while.
 */
export function isPassing(error: unknown): boolean {
  if (error instanceof ProblemError && error.code !== "sms_failed") {
    return PASSING.has(error.status) || error.code === "in_progress";
  }
  return error instanceof NetworkError;
}

/**
 * Returns the error for an answer that is not 2xx. A gateway's 502, 503 or 504 is a `NetworkError`; any other
 * answer without a problem document is a `ProblemError` with the code `unexpected_answer`.
 */
export function problemOf(status: number, contentType: string, body: string): ShieldError {
  const isProblem = contentType.split(";")[0]!.trim() === "application/problem+json";
  const members = isProblem ? membersOf(body) : null;
  if (members !== null && typeof members["code"] === "string") {
    const text = (name: string): string | undefined =>
      typeof members[name] === "string" && members[name] !== "" ? members[name] : undefined;
    const extra = Object.fromEntries(Object.entries(members).filter(([name]) => !OWN_MEMBERS.has(name)));
    const said = { zh: text("zh"), en: text("en") ?? text("title"), faq: text("faq"), extra };
    return new ProblemError(members["code"], status, text("detail"), said);
  }
  if (PASSING.has(status)) {
    return new NetworkError(`a gateway answered ${status}`);
  }
  return new ProblemError("unexpected_answer", status, `HTTP ${status} without a problem document`, {
    zh: `服务返回了意外的状态 ${status}`,
    en: `The service answered ${status} without saying why`,
    faq: "3.1",
  });
}

function membersOf(body: string): Record<string, unknown> | null {
  try {
    const document: unknown = JSON.parse(body);
    return typeof document === "object" && document !== null ? (document as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

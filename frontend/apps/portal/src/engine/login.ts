/** Logging in: password and captcha, then an SMS code, which other first halves lead to too; and the session that a page loaded anew still has. */

import { type Captcha, readCaptcha, shownCaptcha } from "@mshield/desk/captcha.ts";
import { answered } from "@mshield/desk/client.ts";
import { Problem } from "@mshield/desk/problem.ts";
import { type Ended, endedBy } from "@mshield/desk/task.ts";

import { agreed, withConsents } from "./agreed.ts";
import { api } from "./client.ts";
import { enter, isLoggedIn, leave, mayBeLoggedIn, session } from "./session.ts";
import type { LoginBegun } from "./types.ts";

export interface Begun {
  readonly loginId: string;
  readonly phone: string;
  /** Seconds until another code may be asked for. */
  readonly resendIn: number;
}

export interface Credentials {
  readonly account: string;
  readonly password: string;
  readonly captchaId: string;
  readonly captcha: string;
  /** The outside system that the account belongs to; null for this service's own. */
  readonly source: string | null;
}

export async function newCaptcha(): Promise<Captcha> {
  return readCaptcha(await answered(api.POST("/api/portal/captchas")), "/api/portal/captchas");
}

export async function begin(credentials: Credentials): Promise<Begun> {
  const { account, password, captchaId, captcha, source } = credentials;
  const body = {
    account: account.trim(),
    password,
    ...(await shownCaptcha(captchaId, captcha)),
    ...(source !== null && { source, ...withConsents() }),
  };
  const begun = begunOf(await answered(api.POST("/api/portal/logins", { body })));
  agreed.value = null;
  return begun;
}

export function begunOf(answer: LoginBegun): Begun {
  return { loginId: answer.login_id, phone: answer.phone_masked, resendIn: answer.resend_in };
}

/** Another code, where the first one didn't come; nothing is typed anew. */
export async function sendAgain(loginId: string): Promise<Begun> {
  return begunOf(await answered(api.POST("/api/portal/login-codes", { body: { login_id: loginId } })));
}

/** A login that lacks a proof: an activation code goes on with it. */
export interface Unproven {
  readonly activationId: string;
  /** From when (ms) a proof counts that is there already. */
  readonly countsFrom: number | null;
  /** What proved it ended, since the number on file isn't the account's. */
  readonly isNumberLost: boolean;
}

export function unprovenOf(problem: Problem | null): Unproven | null {
  if (problem?.code !== "identity_unproven") return null;
  const { activation_id: id, counts_from: from, reason } = problem.document;
  if (typeof id !== "string") return null;
  return {
    activationId: id,
    countsFrom: typeof from === "number" ? from : null,
    isNumberLost: reason === "phone_changed",
  };
}

export async function activate(activationId: string, code: string): Promise<Begun> {
  const body = { activation_id: activationId, activation_code: code.trim() };
  return begunOf(await answered(api.POST("/api/portal/activations", { body })));
}

export async function finish(loginId: string, code: string): Promise<void> {
  const body = { login_id: loginId, sms_code: code.trim() };
  enter(await answered(api.POST("/api/portal/sessions", { body })));
}

/** Finds the session of this browser, if there is one. Why there is none any more, or null. */
export async function resume(): Promise<Ended | null> {
  if (!mayBeLoggedIn.value) return null;
  try {
    enter(await answered(api.GET("/api/portal/session")));
  } catch (error) {
    const why = endedBy(error);
    if (why === null) throw error;
    leave(why);
    return why;
  }
  return (await endWithoutEnterprise()) ? "filing" : null;
}

/** Who is no longer a legal person on file has nothing to do here: their session ends. */
async function endWithoutEnterprise(): Promise<boolean> {
  if (!isLoggedIn.value || session.enterprises.length > 0) return false;
  // That it isn't theirs any more they learn in any case.
  await logOut("filing").catch(() => leave("filing"));
  return true;
}

/** Whether what wasn't there any more is their own enterprise, whose filing of them ended meanwhile. */
export async function filingEnded(error: unknown): Promise<Ended | null> {
  if (!(error instanceof Problem) || error.code !== "not_found" || !isLoggedIn.value) return null;
  return resume().catch(() => null);
}

export async function logOut(why: Ended | "" = ""): Promise<void> {
  await answered(api.DELETE("/api/portal/session"));
  leave(why);
}

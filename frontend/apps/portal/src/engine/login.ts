/**
 * Login: password and captcha, or another first step, then an SMS code; and the session that still exists
 * after a reload.
 */

import { type Captcha, readCaptcha, solveCaptcha } from "@mshield/desk/captcha.ts";
import { unwrapAnswer } from "@mshield/desk/client.ts";
import { Problem } from "@mshield/desk/problem.ts";
import { type EndReason, endReasonOf } from "@mshield/desk/task.ts";

import { givenConsents, consentFields } from "./consents.ts";
import { api } from "./client.ts";
import { enter, isLoggedIn, leave, mayBeLoggedIn, session } from "./session.ts";
import type { LoginStart } from "./types.ts";

export interface StartedLogin {
  readonly loginId: string;
  readonly phone: string;
  /** Seconds until another code may be requested. */
  readonly resendIn: number;
}

export interface Credentials {
  readonly account: string;
  readonly password: string;
  readonly captchaId: string;
  readonly captcha: string;
  /** The outside system of the account; null for this service's own. */
  readonly source: string | null;
}

export async function newCaptcha(): Promise<Captcha> {
  return readCaptcha(await unwrapAnswer(api.POST("/api/portal/captchas")), "/api/portal/captchas");
}

export async function begin(credentials: Credentials): Promise<StartedLogin> {
  const { account, password, captchaId, captcha, source } = credentials;
  const body = {
    account: account.trim(),
    password,
    ...(await solveCaptcha(captchaId, captcha)),
    ...(source !== null && { source, ...consentFields() }),
  };
  const begun = readStartedLogin(await unwrapAnswer(api.POST("/api/portal/logins", { body })));
  givenConsents.value = null;
  return begun;
}

export function readStartedLogin(answer: LoginStart): StartedLogin {
  return { loginId: answer.login_id, phone: answer.phone_masked, resendIn: answer.resend_in };
}

/** Sends another code if the first didn't arrive; nothing has to be typed again. */
export async function sendAgain(loginId: string): Promise<StartedLogin> {
  return readStartedLogin(
    await unwrapAnswer(api.POST("/api/portal/login-codes", { body: { login_id: loginId } })),
  );
}

/** A login without a proof; an activation code continues it. */
export interface UnprovenLogin {
  readonly activationId: string;
  /** Time (ms) at which an existing proof takes effect. */
  readonly countsFrom: number | null;
  /** True if its proof ended because the registered number isn't the account's. */
  readonly isNumberLost: boolean;
}

export function readUnprovenLogin(problem: Problem | null): UnprovenLogin | null {
  if (problem?.code !== "identity_unproven") return null;
  const { activation_id: id, counts_from: from, reason } = problem.document;
  if (typeof id !== "string") return null;
  return {
    activationId: id,
    countsFrom: typeof from === "number" ? from : null,
    isNumberLost: reason === "phone_changed",
  };
}

export async function activate(activationId: string, code: string): Promise<StartedLogin> {
  const body = { activation_id: activationId, activation_code: code.trim() };
  return readStartedLogin(await unwrapAnswer(api.POST("/api/portal/activations", { body })));
}

export async function finish(loginId: string, code: string): Promise<void> {
  const body = { login_id: loginId, sms_code: code.trim() };
  enter(await unwrapAnswer(api.POST("/api/portal/sessions", { body })));
}

/** Restores this browser's session if there is one. Returns why the last one ended, or null. */
export async function resume(): Promise<EndReason | null> {
  if (!mayBeLoggedIn.value) return null;
  try {
    enter(await unwrapAnswer(api.GET("/api/portal/session")));
  } catch (error) {
    const why = endReasonOf(error);
    if (why === null) throw error;
    leave(why);
    return why;
  }
  return (await endWithoutEnterprise()) ? "filing" : null;
}

/** Ends the session of a user who is no longer a registered legal representative. */
async function endWithoutEnterprise(): Promise<boolean> {
  if (!isLoggedIn.value || session.enterprises.length > 0) return false;
  // They learn in any case that the enterprise is no longer theirs.
  await logOut("filing").catch(() => leave("filing"));
  return true;
}

/**
 * Reports whether what wasn't found is the user's own enterprise, whose registration of them ended meanwhile.
 */
export async function filingEnded(error: unknown): Promise<EndReason | null> {
  if (!(error instanceof Problem) || error.code !== "not_found" || !isLoggedIn.value) return null;
  return resume().catch(() => null);
}

export async function logOut(why: EndReason | "" = ""): Promise<void> {
  await unwrapAnswer(api.DELETE("/api/portal/session"));
  leave(why);
}

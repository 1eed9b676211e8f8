/** Login: name and password, then a second factor; and the session that still exists after a reload. */

import { type Captcha, readCaptcha, solveCaptcha } from "@mshield/desk/captcha.ts";
import { unwrapAnswer } from "@mshield/desk/client.ts";
import { type EndReason, endReasonOf } from "@mshield/desk/task.ts";

import { api } from "./client.ts";
import { sign } from "./security_key.ts";
import { enter, leave, mayBeLoggedIn } from "./session.ts";
import type { FactorChallenge, KeyRequest, LoginStart } from "./types.ts";

const CAPTCHAS = "/api/console/captchas";

export async function newCaptcha(): Promise<Captcha> {
  return readCaptcha(await unwrapAnswer(api.POST(CAPTCHAS)), CAPTCHAS);
}

/** `captcha` is the text read in its picture, empty without one. */
export async function begin(credentials: {
  readonly name: string;
  readonly password: string;
  readonly captchaId: string;
  readonly captcha: string;
}): Promise<LoginStart> {
  const { captcha, ...shown } = await solveCaptcha(credentials.captchaId, credentials.captcha);
  const body = {
    name: credentials.name.trim(),
    password: credentials.password,
    ...shown,
    ...(captcha !== "" && { captcha }),
  };
  return unwrapAnswer(api.POST("/api/console/logins", { body }));
}

export async function finishByCode(begun: LoginStart, code: string): Promise<void> {
  const body = { login_id: begun.login_id, code: code.replace(/\s/g, "") };
  enter(await unwrapAnswer(api.POST("/api/console/sessions", { body })));
}

export async function finishByKey(begun: LoginStart, request: KeyRequest): Promise<void> {
  const body = { login_id: begun.login_id, assertion: await sign(request) };
  enter(await unwrapAnswer(api.POST("/api/console/sessions", { body })));
}

/** Requests the second factor again in this session. */
export async function askSecondFactor(): Promise<FactorChallenge> {
  return unwrapAnswer(api.POST("/api/console/session/factor-requests"));
}

export async function showByCode(id: string, code: string): Promise<void> {
  const body = { id, code: code.replace(/\s/g, "") };
  await unwrapAnswer(api.POST("/api/console/session/factor", { body }));
}

export async function showByKey(id: string, request: KeyRequest): Promise<void> {
  const body = { id, assertion: await sign(request) };
  await unwrapAnswer(api.POST("/api/console/session/factor", { body }));
}

/** Restores this browser's session if there is one. Returns why the last one ended, or null. */
export async function resume(): Promise<EndReason | null> {
  if (!mayBeLoggedIn.value) return null;
  try {
    enter(await unwrapAnswer(api.GET("/api/console/session")));
  } catch (error) {
    const why = endReasonOf(error);
    if (why === null) throw error;
    leave();
    return why;
  }
  return null;
}

export async function logOut(): Promise<void> {
  await unwrapAnswer(api.DELETE("/api/console/session"));
  leave();
}

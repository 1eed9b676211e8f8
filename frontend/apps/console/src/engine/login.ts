/** Logging in: name and password, then a second factor; and the session that a page loaded anew still has. */

import { type Captcha, readCaptcha, shownCaptcha } from "@mshield/desk/captcha.ts";
import { answered } from "@mshield/desk/client.ts";
import { type Ended, endedBy } from "@mshield/desk/task.ts";

import { api } from "./client.ts";
import { sign } from "./security_key.ts";
import { enter, leave, mayBeLoggedIn } from "./session.ts";
import type { FactorAsked, KeyRequest, LoginBegun } from "./types.ts";

const CAPTCHAS = "/api/console/captchas";

export async function newCaptcha(): Promise<Captcha> {
  return readCaptcha(await answered(api.POST(CAPTCHAS)), CAPTCHAS);
}

/** `captcha` is what was read in its picture, empty where it has none. */
export async function begin(credentials: {
  readonly name: string;
  readonly password: string;
  readonly captchaId: string;
  readonly captcha: string;
}): Promise<LoginBegun> {
  const { captcha, ...shown } = await shownCaptcha(credentials.captchaId, credentials.captcha);
  const body = {
    name: credentials.name.trim(),
    password: credentials.password,
    ...shown,
    ...(captcha !== "" && { captcha }),
  };
  return answered(api.POST("/api/console/logins", { body }));
}

export async function finishByCode(begun: LoginBegun, code: string): Promise<void> {
  const body = { login_id: begun.login_id, code: code.replace(/\s/g, "") };
  enter(await answered(api.POST("/api/console/sessions", { body })));
}

export async function finishByKey(begun: LoginBegun, request: KeyRequest): Promise<void> {
  const body = { login_id: begun.login_id, assertion: await sign(request) };
  enter(await answered(api.POST("/api/console/sessions", { body })));
}

/** Asks to show the second factor again, in this session. */
export async function askSecondFactor(): Promise<FactorAsked> {
  return answered(api.POST("/api/console/session/factor-requests"));
}

export async function showByCode(id: string, code: string): Promise<void> {
  const body = { id, code: code.replace(/\s/g, "") };
  await answered(api.POST("/api/console/session/factor", { body }));
}

export async function showByKey(id: string, request: KeyRequest): Promise<void> {
  const body = { id, assertion: await sign(request) };
  await answered(api.POST("/api/console/session/factor", { body }));
}

/** Finds the session of this browser, if there is one. Why there is none any more, or null. */
export async function resume(): Promise<Ended | null> {
  if (!mayBeLoggedIn.value) return null;
  try {
    enter(await answered(api.GET("/api/console/session")));
  } catch (error) {
    const why = endedBy(error);
    if (why === null) throw error;
    leave();
    return why;
  }
  return null;
}

export async function logOut(): Promise<void> {
  await answered(api.DELETE("/api/console/session"));
  leave();
}

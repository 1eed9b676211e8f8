/**
 * Resetting the password of this service's accounts: by a code to the account's phone and the ID number, as
 * in the app.
 */

import type { paths } from "@mshield/api/phone.ts";
import { type Captcha, readCaptcha, solveCaptcha } from "@mshield/desk/captcha.ts";
import { unwrapAnswer, makeClient } from "@mshield/desk/client.ts";

const CAPTCHAS = "/api/phone/sms-codes/captchas";
const api = makeClient<paths>(() => null);

export async function newCodeCaptcha(): Promise<Captcha> {
  return readCaptcha(await unwrapAnswer(api.POST(CAPTCHAS)), CAPTCHAS);
}

export interface CodeOrder {
  readonly phone: string;
  readonly captchaId: string;
  readonly captcha: string;
}

/**
 * Sends a code; returns the seconds until another may be requested, the same whether the number has an
 * account or not.
 */
export async function sendResetCode(order: CodeOrder): Promise<number> {
  const { captcha, ...shown } = await solveCaptcha(order.captchaId, order.captcha);
  const body = {
    phone: order.phone,
    purpose: "reset" as const,
    ...shown,
    ...(captcha !== "" && { captcha }),
  };
  return (await unwrapAnswer(api.POST("/api/phone/sms-codes", { body }))).resend_in;
}

export interface NewPassword {
  readonly phone: string;
  readonly smsCode: string;
  readonly idNumber: string;
  readonly password: string;
}

/** Resets the password; returns how many logins that ended. */
export async function resetPassword(wanted: NewPassword): Promise<number> {
  const { phone, smsCode, idNumber, password } = wanted;
  const body = { phone, sms_code: smsCode, id_number: idNumber, password };
  return (await unwrapAnswer(api.POST("/api/phone/password-resets", { body }))).logins_ended;
}

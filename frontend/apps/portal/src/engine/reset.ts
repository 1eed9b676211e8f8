/** A forgotten password of an account of this service: by a code to its phone and the id number, as the app does it. */

import type { paths } from "@mshield/api/phone.ts";
import { type Captcha, readCaptcha, shownCaptcha } from "@mshield/desk/captcha.ts";
import { answered, makeClient } from "@mshield/desk/client.ts";

const CAPTCHAS = "/api/phone/sms-codes/captchas";
const api = makeClient<paths>(() => null);

export async function newCodeCaptcha(): Promise<Captcha> {
  return readCaptcha(await answered(api.POST(CAPTCHAS)), CAPTCHAS);
}

export interface CodeOrder {
  readonly phone: string;
  readonly captchaId: string;
  readonly captcha: string;
}

/** Seconds until another code may be asked for; the same whether the number has an account or not. */
export async function sendResetCode(order: CodeOrder): Promise<number> {
  const { captcha, ...shown } = await shownCaptcha(order.captchaId, order.captcha);
  const body = {
    phone: order.phone,
    purpose: "reset" as const,
    ...shown,
    ...(captcha !== "" && { captcha }),
  };
  return (await answered(api.POST("/api/phone/sms-codes", { body }))).resend_in;
}

export interface NewPassword {
  readonly phone: string;
  readonly smsCode: string;
  readonly idNumber: string;
  readonly password: string;
}

/** How many logins ended with it. */
export async function resetPassword(wanted: NewPassword): Promise<number> {
  const { phone, smsCode, idNumber, password } = wanted;
  const body = { phone, sms_code: smsCode, id_number: idNumber, password };
  return (await answered(api.POST("/api/phone/password-resets", { body }))).logins_ended;
}

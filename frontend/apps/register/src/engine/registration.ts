/** What the page calls: captcha, SMS code, account, and which systems' users need none. */

import type { components, paths } from "@mshield/api/register.ts";
import { type Captcha, readCaptcha, shownCaptcha } from "@mshield/desk/captcha.ts";
import { answered, makeClient } from "@mshield/desk/client.ts";

type Schemas = components["schemas"];
export type Registration = Schemas["RegistrationMessage"];
export type Source = Schemas["SourceNamesMessage"];

const CAPTCHAS = "/api/register/captchas";
const api = makeClient<paths>(() => null);

export async function newCaptcha(): Promise<Captcha> {
  return readCaptcha(await answered(api.POST(CAPTCHAS)), CAPTCHAS);
}

export interface CodeOrder {
  readonly phone: string;
  readonly captchaId: string;
  readonly captcha: string;
}

/** Seconds until another code may be asked for. */
export async function sendCode({ phone, captchaId, captcha }: CodeOrder): Promise<number> {
  const body = { phone, ...(await shownCaptcha(captchaId, captcha)) };
  return (await answered(api.POST("/api/register/sms-codes", { body }))).resend_in;
}

/** The new account's name. */
export async function register(body: Registration): Promise<string> {
  return (await answered(api.POST("/api/register/accounts", { body }))).account;
}

export async function readSources(): Promise<readonly Source[]> {
  return (await answered(api.GET("/api/register/account-sources"))).items;
}

/** The page's calls: captcha, SMS code, account, and systems whose users need no account. */

import type { components, paths } from "@mshield/api/register.ts";
import { type Captcha, readCaptcha, solveCaptcha } from "@mshield/desk/captcha.ts";
import { unwrapAnswer, makeClient } from "@mshield/desk/client.ts";

type Schemas = components["schemas"];
export type Registration = Schemas["RegistrationMessage"];
export type Source = Schemas["SourceNamesMessage"];

const CAPTCHAS = "/api/register/captchas";
const api = makeClient<paths>(() => null);

export async function newCaptcha(): Promise<Captcha> {
  return readCaptcha(await unwrapAnswer(api.POST(CAPTCHAS)), CAPTCHAS);
}

export interface CodeOrder {
  readonly phone: string;
  readonly captchaId: string;
  readonly captcha: string;
}

/** Sends an SMS code; returns the seconds until another may be requested. */
export async function sendCode({ phone, captchaId, captcha }: CodeOrder): Promise<number> {
  const body = { phone, ...(await solveCaptcha(captchaId, captcha)) };
  return (await unwrapAnswer(api.POST("/api/register/sms-codes", { body }))).resend_in;
}

/** Registers an account; returns its name. */
export async function register(body: Registration): Promise<string> {
  return (await unwrapAnswer(api.POST("/api/register/accounts", { body }))).account;
}

export async function readSources(): Promise<readonly Source[]> {
  return (await unwrapAnswer(api.GET("/api/register/account-sources"))).items;
}

/** The account on this phone: SMS code, registration, forgotten password, "my" page. */

import type { IdType } from "@mshield/identity/identity.ts";

import { workOf } from "@mshield/work";

import { Fields } from "./fields.ts";
import { keepLogin, readAccount, smsCodeCaptcha, type SmsCodeSent } from "./login.ts";
import { type IssuedCertificate, readCertificate } from "./messages.ts";
import type { Operation } from "./operation.ts";
import type { Consents } from "./policies.ts";
import type { Account } from "./state.ts";
import { sendUnlockCode } from "./unlock.ts";

export type { IdType, SmsCodeSent };
export type SmsPurpose = "register" | "apply" | "renew" | "reset" | "unlock" | "device" | "close" | "export";
const OWN: ReadonlySet<SmsPurpose> = new Set(["apply", "renew", "device", "close", "export"]);

export interface Registration {
  readonly name: string;
  readonly idType: IdType;
  readonly idNumber: string;
  readonly phone: string;
  readonly smsCode: string;
  readonly password: string;
  readonly consents: Consents;
}

/** Account, shield number, certificate and bindings, as the service has them. */
export interface Me {
  readonly account: Account;
  readonly shieldNumber: string | null;
  readonly certificate: IssuedCertificate | null;
  /** `until` (ms) is the deadline; null if nothing can be renewed. */
  readonly renewal: { readonly due: boolean; readonly reason: string | null; readonly until: number } | null;
  readonly bindings: readonly Binding[];
}

/** An active binding; `clientId` is null for all business systems. */
export interface Binding {
  readonly sid: string;
  readonly serial: string;
  readonly clientId: string | null;
  readonly systemName: string | null;
  readonly boundAt: number;
}

/** A captcha of `smsCodeCaptcha` with the text read from its picture. */
export interface AnsweredCaptcha {
  readonly captchaId: string;
  readonly captcha: string;
}

/**
 * Requests an SMS code. `register` and `reset` send it to `phone`, after the work of a captcha; the others to
 * the account's own number: `unlock` without a login, the rest with one.
 *
 * Throws: ProblemError `captcha_needed`: repeat with a captcha whose picture was read.
 */
export async function requestSmsCode(
  operation: Operation,
  purpose: SmsPurpose,
  phone: string | null,
  answered: AnsweredCaptcha | null,
): Promise<SmsCodeSent> {
  if (purpose === "unlock") {
    return await sendUnlockCode(operation);
  }
  const isOwn = OWN.has(purpose);
  const credentials = isOwn ? operation.loggedIn() : operation.anonymous();
  const payload = { phone, purpose, ...(!isOwn && (await shownFor(operation, answered))) };
  const of = new Fields(await operation.connection.post("/api/phone/sms-codes", credentials, payload));
  return { expiresIn: of.integer("expires_in"), resendIn: of.integer("resend_in") };
}

async function shownFor(operation: Operation, answered: AnsweredCaptcha | null): Promise<object> {
  if (answered !== null) {
    const { captchaId, captcha } = answered;
    return { captcha_id: captchaId, captcha, work: await workOf(captchaId) };
  }
  const { id, image } = await smsCodeCaptcha(operation);
  // A captcha with a picture makes the service refuse with `captcha_needed` anyway, so its work isn't
  // awaited.
  return image === null ? { captcha_id: id, work: await workOf(id) } : { captcha_id: id };
}

/** Data for resetting a forgotten password; `smsCode` has the purpose `reset`. */
export interface PasswordReset {
  readonly phone: string;
  readonly smsCode: string;
  readonly idNumber: string;
  readonly password: string;
}

/** Resets a forgotten password and ends all logins of the account. */
export async function resetPassword(operation: Operation, form: PasswordReset): Promise<void> {
  const payload = {
    phone: form.phone,
    sms_code: form.smsCode,
    id_number: form.idNumber,
    password: form.password,
  };
  await operation.connection.post("/api/phone/password-resets", operation.anonymous(), payload);
}

/**
 * The new account's name, which is its phone number; not logged in if this phone belongs to another account
 * (R7).
 */
export interface RegisteredAccount {
  readonly account: string;
  readonly isLoggedIn: boolean;
}

/** Registers an account (我要注册) and logs in with it. */
export async function register(operation: Operation, form: Registration): Promise<RegisteredAccount> {
  const payload = {
    name: form.name,
    id_type: form.idType,
    id_number: form.idNumber,
    phone: form.phone,
    sms_code: form.smsCode,
    password: form.password,
    consents: form.consents,
  };
  const answer = await operation.connection.post("/api/phone/accounts", operation.anonymous(), payload);
  const of = new Fields(answer);
  const [account, session] = [of.text("account"), of.has("session") ? of.json("session") : null];
  if (session !== null) {
    await keepLogin(operation, new Fields(session), account);
  }
  return { account, isLoggedIn: session !== null };
}

export async function me(operation: Operation): Promise<Me> {
  const answer = await operation.connection.get("/api/phone/me", operation.loggedIn());
  const of = new Fields(answer);
  const renewal = of.has("renewal") ? of.object("renewal") : null;
  return {
    account: readAccount(of.object("account")),
    shieldNumber: of.textOrNull("shield_number"),
    certificate: of.has("certificate") ? readCertificate(of.json("certificate")) : null,
    renewal: renewal && {
      due: renewal.flag("due"),
      reason: renewal.textOrNull("reason"),
      until: renewal.integer("until"),
    },
    bindings: of.list("bindings").map(readBinding),
  };
}

function readBinding(value: unknown): Binding {
  const of = new Fields(value);
  return {
    sid: of.text("sid"),
    serial: of.text("serial"),
    clientId: of.textOrNull("client_id"),
    systemName: of.textOrNull("system_name"),
    boundAt: of.integer("bound_at"),
  };
}

/** Changes the password of the logged-in account; returns how many other logins that ended. */
export async function changePassword(operation: Operation, old: string, changed: string): Promise<number> {
  const asked = { old_password: old, password: changed };
  const answer = await operation.connection.post("/api/phone/password", operation.loggedIn(), asked);
  return new Fields(answer).integer("logins_ended");
}

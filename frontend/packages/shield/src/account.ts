/** The account on this phone: captcha, SMS code, register, log in and out, my page, my signatures. */

import { Fields, fromBase64 } from "./fields.ts";
import { type IssuedCertificate, readCertificate } from "./messages.ts";
import type { Operation } from "./operation.ts";

export type SmsPurpose = "register" | "apply" | "renew" | "reset";
export type IdType = "resident_id" | "passport" | "hk_macau_permit" | "taiwan_permit" | "foreign_resident_id";

/** A captcha to answer at login; `image` is a PNG, `audio` to be fetched by `captchaAudio`. */
export interface Captcha {
  readonly id: string;
  readonly image: Uint8Array;
  /** Seconds. */
  readonly expiresIn: number;
}

/** An SMS code is on its way; both in seconds. */
export interface SmsCodeSent {
  readonly expiresIn: number;
  readonly resendIn: number;
}

export interface Registration {
  readonly name: string;
  readonly idType: IdType;
  readonly idNumber: string;
  readonly phone: string;
  readonly smsCode: string;
  readonly password: string;
}

export interface Login {
  readonly account: string;
  readonly password: string;
  readonly captchaId: string;
  readonly captcha: string;
  /** The outside system that the account belongs to, where it isn't one of this service. */
  readonly source?: string;
}

/** The account as its owner sees it. */
export interface Account {
  readonly name: string;
  readonly phoneMasked: string;
  readonly idType: string | null;
}

/** Account, shield number, certificate and bindings, as the service sees them. */
export interface Me {
  readonly account: Account;
  readonly shieldNumber: string | null;
  readonly certificate: IssuedCertificate | null;
  /** `until` (ms) is the last moment for it; null where nothing can be renewed. */
  readonly renewal: { readonly due: boolean; readonly reason: string | null; readonly until: number } | null;
  readonly bindings: readonly Binding[];
}

/** A binding in force; `clientId` is null for all business systems. */
export interface Binding {
  readonly sid: string;
  readonly serial: string;
  readonly clientId: string | null;
  readonly systemName: string | null;
  readonly boundAt: number;
}

/** One line of the signature history. */
export interface SignatureRecord {
  readonly sid: string;
  readonly kind: string;
  readonly title: string;
  readonly businessName: string | null;
  readonly signedAt: number;
  readonly serial: string | null;
  readonly digest: string;
}

/** A page of the history, newest first; `next` is the `before` of the following page. */
export interface SignaturePage {
  readonly items: readonly SignatureRecord[];
  readonly next: string | null;
}

export async function captcha(operation: Operation): Promise<Captcha> {
  const of = new Fields(await operation.connection.post("/api/phone/captchas", operation.anonymous()));
  return {
    id: of.text("captcha_id"),
    image: fromBase64(of.text("image_b64")),
    expiresIn: of.integer("expires_in"),
  };
}

/** The same captcha to hear: WAV. */
export async function captchaAudio(operation: Operation, id: string): Promise<Uint8Array> {
  const path = `/api/phone/captchas/${encodeURIComponent(id)}/audio`;
  return await operation.connection.getBytes(path, operation.anonymous());
}

/** `apply` and `renew` send to the account's phone and need a login; the others to `phone`. */
export async function requestSmsCode(
  operation: Operation,
  purpose: SmsPurpose,
  phone: string | null,
): Promise<SmsCodeSent> {
  const isOwn = purpose === "apply" || purpose === "renew";
  const credentials = isOwn ? operation.loggedIn() : operation.anonymous();
  const payload = { phone, purpose };
  const of = new Fields(await operation.connection.post("/api/phone/sms-codes", credentials, payload));
  return { expiresIn: of.integer("expires_in"), resendIn: of.integer("resend_in") };
}

/** Registers an account (我要注册); its name is the phone number. */
export async function register(operation: Operation, given: Registration): Promise<string> {
  const payload = {
    name: given.name,
    id_type: given.idType,
    id_number: given.idNumber,
    phone: given.phone,
    sms_code: given.smsCode,
    password: given.password,
  };
  const answer = await operation.connection.post("/api/phone/accounts", operation.anonymous(), payload);
  return new Fields(answer).text("account");
}

/** Logs in; the token is bound to this device's key and kept until it ends or `logout`. */
export async function login(operation: Operation, given: Login): Promise<Account> {
  const { account, password, captchaId, captcha: answer, source } = given;
  const payload = {
    account,
    password,
    captcha_id: captchaId,
    captcha: answer,
    ...(source !== undefined && { source }),
  };
  const path = "/api/phone/sessions";
  const of = new Fields(await operation.connection.post(path, operation.anonymous(), payload));
  const expiresAt = operation.platform.now() + of.integer("expires_in") * 1000;
  of.word("token_type", ["DPoP"]);
  await operation.vault.change({
    session: { account, token: of.text("access_token"), expiresAt },
    shieldNumber: of.textOrNull("shield_number") ?? operation.vault.state.shieldNumber,
  });
  return readAccount(of.object("account"));
}

/** Ends the login, on the service too. */
export async function logout(operation: Operation): Promise<void> {
  await operation.connection.delete("/api/phone/sessions/current", operation.loggedIn());
  await operation.vault.change({ session: null });
}

export async function me(operation: Operation): Promise<Me> {
  const answer = await operation.connection.get("/api/phone/me", operation.loggedIn());
  const of = new Fields(answer);
  const renewal = of.has("renewal") ? of.object("renewal") : null;
  return {
    account: readAccount(of.object("account")),
    shieldNumber: of.textOrNull("shield_number"),
    certificate: of.has("certificate")
      ? readCertificate((answer as { certificate: unknown }).certificate)
      : null,
    renewal: renewal && {
      due: renewal.flag("due"),
      reason: renewal.textOrNull("reason"),
      until: renewal.integer("until"),
    },
    bindings: of.list("bindings").map(readBinding),
  };
}

export async function signatures(
  operation: Operation,
  { before, limit = 20 }: { readonly before?: string; readonly limit?: number },
): Promise<SignaturePage> {
  const params = { limit: String(limit), ...(before !== undefined && { before }) };
  const of = new Fields(
    await operation.connection.get("/api/phone/signatures", operation.loggedIn(), params),
  );
  return { items: of.list("items").map(readRecord), next: of.textOrNull("next") };
}

function readAccount(of: Fields): Account {
  return { name: of.text("name"), phoneMasked: of.text("phone_masked"), idType: of.textOrNull("id_type") };
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

function readRecord(value: unknown): SignatureRecord {
  const of = new Fields(value);
  return {
    sid: of.text("sid"),
    kind: of.text("kind"),
    title: of.text("title"),
    businessName: of.textOrNull("business_name"),
    signedAt: of.integer("signed_at"),
    serial: of.textOrNull("serial"),
    digest: of.text("digest"),
  };
}

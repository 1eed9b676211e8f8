/**
 * Login and logout: with account and password, or at the page of an outside system (R2). The token is bound
 * to this device's key and stored until it expires or `logout`.
 */

import { beginWork, type Challenge, workOf } from "@mshield/work";

import { ProtocolError } from "./errors.ts";
import { Fields } from "./fields.ts";
import type { Operation } from "./operation.ts";
import type { Consents } from "./policies.ts";
import type { Account } from "./state.ts";
import { fromBase64 } from "./strict_json.ts";

/**
 * A captcha whose work has begun. `image` is a PNG, null if the work is enough; `captchaAudio` returns its
 * sound.
 */
export interface Captcha {
  readonly id: string;
  readonly image: Uint8Array | null;
  /** In seconds. */
  readonly expiresIn: number;
}

/** Answer after an SMS code was sent; both times in seconds. */
export interface SmsCodeSent {
  readonly expiresIn: number;
  readonly resendIn: number;
}

export interface Login {
  readonly account: string;
  readonly password: string;
  readonly captchaId: string;
  readonly captcha: string;
  /** The outside system that the account belongs to; absent for accounts of this service. */
  readonly source?: string;
  /** Policies accepted by a new user of that system. */
  readonly consents?: Consents;
}

/** A system whose accounts can log in here: with `login` and its name as `source`, or at its own page. */
export interface AccountSource {
  readonly name: string;
  readonly kind: "password" | "page";
  readonly titleZh: string;
  readonly titleEn: string;
}

/** The page to open; the browser returns with `state` and a code within `expiresIn` seconds. */
export interface OutsideLoginBegun {
  readonly address: string;
  readonly state: string;
  readonly expiresIn: number;
}

/** Fetches a captcha with a picture, for the login. */
export async function captcha(operation: Operation): Promise<Captcha> {
  return await captchaAt(operation, "/api/phone/captchas");
}

/** Fetches a captcha for an SMS code without a login. */
export async function smsCodeCaptcha(operation: Operation): Promise<Captcha> {
  return await captchaAt(operation, "/api/phone/sms-codes/captchas");
}

async function captchaAt(operation: Operation, path: string): Promise<Captcha> {
  const of = new Fields(await operation.connection.post(path, operation.anonymous()));
  const [id, image] = [of.text("captcha_id"), of.textOrNull("image_b64")];
  beginWork(id, readChallenge(of.object("challenge")));
  return { id, image: image === null ? null : fromBase64(image), expiresIn: of.integer("expires_in") };
}

function readChallenge(of: Fields): Challenge {
  const parameters = of.object("parameters");
  return {
    parameters: {
      algorithm: parameters.text("algorithm"),
      cost: parameters.integer("cost"),
      keyLength: parameters.integer("keyLength"),
      keyPrefix: parameters.text("keyPrefix"),
      keySignature: parameters.text("keySignature"),
      nonce: parameters.text("nonce"),
      salt: parameters.text("salt"),
      data: { captcha: parameters.object("data").text("captcha") },
    },
    signature: of.text("signature"),
  };
}

/** Fetches the captcha's audio, as WAV. */
export async function captchaAudio(operation: Operation, id: string): Promise<Uint8Array> {
  const path = `/api/phone/captchas/${encodeURIComponent(id)}/audio`;
  return await operation.connection.getBytes(path, operation.anonymous());
}

export async function login(operation: Operation, form: Login): Promise<Account> {
  const { account, password, captchaId, captcha: answer, source, consents } = form;
  const payload = {
    account,
    password,
    captcha_id: captchaId,
    captcha: answer,
    work: await workOf(captchaId),
    ...(source !== undefined && { source }),
    ...(consents !== undefined && { consents }),
  };
  return await logIn(operation, "/api/phone/sessions", payload, account);
}

/** Returns the outside systems whose accounts can log in here; empty if only this service's accounts can. */
export async function accountSources(operation: Operation): Promise<readonly AccountSource[]> {
  const path = "/api/phone/account-sources";
  const answer = await operation.connection.get(path, operation.anonymous());
  return new Fields(answer).list("items").flatMap((item) => {
    const of = new Fields(item);
    const kind = of.knownWord("kind", ["password", "page"]);
    // A newer service's kind of login, which this version doesn't support, is skipped.
    return kind === "unknown"
      ? []
      : [{ name: of.text("name"), kind, titleZh: of.text("title_zh"), titleEn: of.text("title_en") }];
  });
}

/** Starts a login at an outside system and returns the page to open; only this phone can complete it. */
export async function beginOutsideLogin(operation: Operation, source: string): Promise<OutsideLoginBegun> {
  const path = "/api/phone/outside-logins";
  const of = new Fields(await operation.connection.post(path, operation.anonymous(), { source }));
  return {
    address: webAddress(of.text("address")),
    state: of.text("state"),
    expiresIn: of.integer("expires_in"),
  };
}

/** Logs in with what that page returned. */
export async function finishOutsideLogin(
  operation: Operation,
  state: string,
  code: string,
  consents?: Consents,
): Promise<Account> {
  const payload = { state, code, ...(consents !== undefined && { consents }) };
  return await logIn(operation, "/api/phone/outside-logins/finish", payload);
}

/** Ends the login, on the service too. */
export async function logout(operation: Operation): Promise<void> {
  await operation.connection.delete("/api/phone/sessions/current", operation.loggedIn());
  await forget(operation);
}

/** Ends the login on this phone only and drops the request that waits for a decision, without a call. */
export async function forget(operation: Operation): Promise<void> {
  await operation.vault.change({ session: null, scanned: null });
}

export function readAccount(of: Fields): Account {
  return { name: of.text("name"), phoneMasked: of.text("phone_masked"), idType: of.textOrNull("id_type") };
}

/** `account` is what the user entered; for an outside account its masked number is stored instead. */
async function logIn(
  operation: Operation,
  path: string,
  payload: object,
  account?: string,
): Promise<Account> {
  const of = new Fields(await operation.connection.post(path, operation.anonymous(), payload));
  return await keepLogin(operation, of, account);
}

/** Stores the login in an answer. */
export async function keepLogin(operation: Operation, of: Fields, account?: string): Promise<Account> {
  const expiresAt = operation.platform.now() + of.integer("expires_in") * 1000;
  of.word("token_type", ["DPoP"]);
  const owner = readAccount(of.object("account"));
  await operation.vault.change({
    session: { account: account ?? owner.phoneMasked, token: of.text("access_token"), expiresAt, owner },
    shieldNumber: of.textOrNull("shield_number") ?? operation.vault.state.shieldNumber,
  });
  return owner;
}

/** Requires a web address, since the app opens it. */
function webAddress(address: string): string {
  if (!/^https?:\/\//.test(address)) {
    throw new ProtocolError("malformed", "not the address of a page");
  }
  return address;
}

/**
 * Opening the app again: by the PIN of this phone's shield, or by an SMS code to its account's number (ADR 106).
 *
 * What the PIN signs is made here, of what this phone knows of itself, and opens the app alone.
 */

import { hex, internalMessage, same, unlockSid } from "@mshield/gm";

import { CoSigning, type ToSign } from "./cosigning.ts";
import { type Credentials, thumbprint } from "./dpop.ts";
import { PhoneError, ProtocolError } from "./errors.ts";
import { Fields } from "./fields.ts";
import { keepLogin, type SmsCodeSent } from "./login.ts";
import type { Operation } from "./operation.ts";
import { checkGiven, type PinSource } from "./pin.ts";
import type { Account } from "./state.ts";

/**
 * Logs in by the PIN, which is counted as for a signature; `origin` is the service's. ProblemError `unlock_closed` with
 * one try left, `held`, `password_needed`; the others as of `CoSigning.sign`.
 */
export async function unlock(operation: Operation, origin: string, pin: PinSource): Promise<Account> {
  checkGiven(pin);
  operation.key("key");
  const { connection } = operation;
  const of = new Fields(await connection.post("/api/phone/unlocks", operation.anonymous()));
  const { document, credentials } = await documentOf(operation, origin, of);
  await new CoSigning(operation, "key", [document], [], credentials).sign(pin);
  return await keepLogin(
    operation,
    new Fields(await connection.post("/api/phone/unlocks/login", credentials)),
  );
}

/** What opens the app, made of what this phone knows of itself, and the token that goes with it. */
export async function documentOf(
  operation: Operation,
  origin: string,
  of: Fields,
): Promise<{ readonly document: ToSign; readonly credentials: Credentials }> {
  const { uid } = operation.key("key");
  const { deviceKey, shieldNumber } = operation.vault.state;
  if (shieldNumber === null) {
    throw new PhoneError("no_key");
  }
  const sid = unlockSid({
    challenge: of.hex("challenge", 32),
    account: of.text("account"),
    device: await thumbprint(deviceKey),
    shieldNumber,
    origin,
  });
  if (of.text("uid") !== hex(uid) || !same(of.hex("sid", 16), sid)) {
    throw new ProtocolError("bad_task", "an unlock of another phone or service");
  }
  const credentials = { deviceKey, token: of.text("access_token") };
  return { document: { sid, message: internalMessage("unlock", uid, sid) }, credentials };
}

/** Has an SMS code sent to the number of this phone's account. */
export async function sendUnlockCode(operation: Operation): Promise<SmsCodeSent> {
  const path = "/api/phone/unlocks/sms-codes";
  const of = new Fields(await operation.connection.post(path, operation.anonymous()));
  return { expiresIn: of.integer("expires_in"), resendIn: of.integer("resend_in") };
}

/** Logs in by such a code; ProblemError `password_needed` where the phone may be in other hands. */
export async function unlockBySms(operation: Operation, smsCode: string): Promise<Account> {
  const path = "/api/phone/unlocks/by-sms";
  const payload = { sms_code: smsCode };
  return await keepLogin(
    operation,
    new Fields(await operation.connection.post(path, operation.anonymous(), payload)),
  );
}

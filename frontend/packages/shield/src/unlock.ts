/**
 * Opening the app again: by the PIN of this phone's shield, or by an SMS code to its account's number (ADR
 * 106).
 *
 * What the PIN signs is built here from the phone's own state, and opens only the app.
 */

import { hex, internalMessage, equalBytes, unlockSid } from "@mshield/gm";

import { CoSigning, type ToSign } from "./cosigning.ts";
import { type Credentials, thumbprint } from "./dpop.ts";
import { PhoneError, ProtocolError } from "./errors.ts";
import { Fields } from "./fields.ts";
import { keepLogin, type SmsCodeSent } from "./login.ts";
import type { Operation } from "./operation.ts";
import { requirePinForm, type PinSource } from "./pin.ts";
import type { Account } from "./state.ts";

/**
 * Logs in by the PIN, which is counted as for a signature; `origin` is the service's. Throws: ProblemError
 * `unlock_closed` with one attempt left, `held`, `password_needed`; others as `CoSigning.sign`.
 */
export async function unlock(operation: Operation, origin: string, pin: PinSource): Promise<Account> {
  requirePinForm(pin);
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

/** Builds the document that opens the app from the phone's own state, and the credentials that go with it. */
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
  if (of.text("uid") !== hex(uid) || !equalBytes(of.hex("sid", 16), sid)) {
    throw new ProtocolError("bad_task", "an unlock of another phone or service");
  }
  const credentials = { deviceKey, token: of.text("access_token") };
  return { document: { sid, message: internalMessage("unlock", uid, sid) }, credentials };
}

/** Requests an SMS code to the number of this phone's account. */
export async function sendUnlockCode(operation: Operation): Promise<SmsCodeSent> {
  const path = "/api/phone/unlocks/sms-codes";
  const of = new Fields(await operation.connection.post(path, operation.anonymous()));
  return { expiresIn: of.integer("expires_in"), resendIn: of.integer("resend_in") };
}

/** Logs in by such a code. Throws: ProblemError `password_needed` if the phone may be in other hands. */
export async function unlockBySms(operation: Operation, smsCode: string): Promise<Account> {
  const path = "/api/phone/unlocks/by-sms";
  const payload = { sms_code: smsCode };
  return await keepLogin(
    operation,
    new Fields(await operation.connection.post(path, operation.anonymous(), payload)),
  );
}

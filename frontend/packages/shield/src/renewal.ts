/**
 * Renewal of the certificate (更新证书, manual 2.3.1.6), beside the one in force, which remains so until the new
 * one is confirmed.
 *
 * The user enters the PIN once, and it stays the PIN: the old key first proves it right. Each step follows
 * what the service has recorded, so an interrupted renewal is continued, or has ended and changes nothing.
 */

import { hex, internalMessage, renewalMessage, equalBytes, type Signature } from "@mshield/gm";

import { certifiedNames, sameSubject } from "./certificate.ts";
import { CoSigning } from "./cosigning.ts";
import {
  type Application,
  checkNames,
  checkRequestInfo,
  fetchCertificate,
  formOf,
  makeKey,
} from "./enrolment.ts";
import { PhoneError, ProblemError, ProtocolError } from "./errors.ts";
import { fromHex } from "./fields.ts";
import { type IssuedCertificate, readTask, type Task } from "./messages.ts";
import { OncePin } from "./once_pin.ts";
import type { Operation } from "./operation.ts";
import { requirePinForm, type PinSource } from "./pin.ts";
import { confirm } from "./pin_change.ts";
import { UNKNOWN_HOLDER, pinHolder } from "./pin_rules.ts";
import {
  CURRENT,
  currentRenewal,
  readRenewal,
  type Renewal,
  requiredRenewal,
  settledRenewal,
  adoptAnyCertificate,
} from "./renewal_state.ts";
import type { KeyPlace } from "./state.ts";

/**
 * Renews with the data of the first application, a code of purpose `renew`, and the present PIN. If only the
 * last answer of a renewal was lost, completes it instead. Throws: PhoneError `weak_pin` before anything is
 * sent; ProblemError `renewal_not_due`, `other_applicant`, `no_filing`, `wrong_pin` …
 */
export async function renew(
  operation: Operation,
  application: Application,
  pin: PinSource,
): Promise<IssuedCertificate> {
  requirePinForm(pin);
  operation.key("key");
  const before = operation.vault.state.pending && (await settledRenewal(operation, pin));
  if (before !== null) {
    return before;
  }
  const known = await OncePin.of(operation, pin, (policy) =>
    pinHolder(operation, policy, application.idNumber),
  );
  const begun = await begin(operation, application, known.source);
  if ("pem" in begun) {
    return begun;
  }
  checkNames(begun.subject, application);
  // Left over from an earlier renewal that the service has abandoned.
  await operation.vault.change({ pending: null });
  return await goOn(operation, begun, known);
}

/**
 * Continues an interrupted renewal, without a new SMS code. Throws: PhoneError `no_renewal` if it no longer
 * exists, then nothing has changed, and the old certificate stays in force; `ca_waiting` while an outside CA
 * decides. ProblemError `ca_refused` and others if that issued none.
 */
export async function resumeRenewal(operation: Operation, pin: PinSource): Promise<IssuedCertificate> {
  requirePinForm(pin);
  const renewal = await currentRenewal(operation);
  if (renewal !== null) {
    return await goOn(operation, renewal, await OncePin.of(operation, pin, async () => UNKNOWN_HOLDER));
  }
  const issued = await settledRenewal(operation, pin);
  if (issued === null) {
    throw new PhoneError("no_renewal");
  }
  return issued;
}

/**
 * Abandons the renewal; the old certificate stays in force. Throws: PhoneError `no_renewal` if there is none,
 * `renewed_already` if the new certificate is in force.
 */
export async function giveUpRenewal(operation: Operation): Promise<void> {
  // Doesn't check its progress first, so that a renewal that can't continue can be abandoned too.
  if (!(await isGivenUp(operation))) {
    throw new PhoneError((await settledRenewal(operation)) === null ? "no_renewal" : "renewed_already");
  }
  await operation.vault.change({ pending: null });
}

/** Abandons the renewal; false if there is none, for example because it was confirmed meanwhile. */
async function isGivenUp(operation: Operation): Promise<boolean> {
  try {
    await operation.connection.delete(CURRENT, operation.loggedIn());
    return true;
  } catch (error) {
    if (error instanceof ProblemError && error.code === "not_found") {
      return false;
    }
    throw error;
  }
}

/** Returns the new renewal, or the new certificate if only the last answer was lost. */
async function begin(
  operation: Operation,
  application: Application,
  pin: PinSource,
): Promise<Renewal | IssuedCertificate> {
  try {
    const form = formOf(application);
    return readRenewal(await operation.connection.post("/api/phone/renewals", operation.loggedIn(), form));
  } catch (error) {
    const isDone = error instanceof ProblemError && error.code === "renewal_not_due";
    const issued = isDone ? await settledRenewal(operation, pin) : null;
    if (issued === null) {
      throw error;
    }
    return issued;
  }
}

async function goOn(operation: Operation, begun: Renewal, pin: OncePin): Promise<IssuedCertificate> {
  const place: KeyPlace = begun.key === "new" ? "pending" : "key";
  let renewal = begun;
  if (renewal.state === "begun") {
    if (renewal.key === "new") {
      renewal = await withNewKey(operation, renewal, pin);
    }
    await signRequest(operation, renewal, place, pin);
    renewal = await requiredRenewal(operation);
  }
  if (renewal.state === "waiting") {
    throw new PhoneError("ca_waiting");
  }
  checkCertificate(operation, renewal, place);
  await confirmRenewed(operation, renewal, place, pin);
  const issued = await fetchCertificate(operation);
  if (issued === null || !(await adoptAnyCertificate(operation, issued))) {
    throw new ProtocolError("bad_certificate", "the one in force is not the one that was confirmed");
  }
  return issued;
}

/**
 * Makes the new key under the PIN that the old key has just proven, and signs the old key's consent to it.
 */
async function withNewKey(operation: Operation, begun: Renewal, pin: OncePin): Promise<Renewal> {
  const { pending } = operation.vault.state;
  let renewal = begun;
  if (pending === null || hex(pending.uid) !== renewal.uid) {
    if (renewal.challenge === null) {
      // The key was made, but its slot isn't here.
      throw new PhoneError("no_renewal");
    }
    await confirm(operation, "key", pin.source);
    const { challenge, shieldNumber, subject } = renewal;
    const ids = { uid: fromHex(renewal.uid, 16), sid: fromHex(renewal.sid, 16) };
    await makeKey(operation, { ...ids, challenge, shieldNumber, subject }, pin.pin, true);
    renewal = await requiredRenewal(operation);
  }
  if (renewal.consent !== null) {
    const sid = fromHex(renewal.consent, 16);
    const message = renewalMessage(operation.key("key").uid, sid, operation.key("pending").public);
    await signInternal(operation, "key", { sid, message, purpose: "renew" }, pin);
  }
  return renewal;
}

async function signRequest(
  operation: Operation,
  renewal: Renewal,
  place: KeyPlace,
  pin: OncePin,
): Promise<void> {
  const task = await taskOf(operation, renewal.sid);
  if (task.state === "signed") {
    return; // its answer was lost
  }
  const { uid, public: P } = operation.key(place);
  const purpose = renewal.key === "new" ? "enrol" : "renew";
  if (task.uid !== hex(uid) || task.sid !== renewal.sid || task.purpose !== purpose) {
    throw new ProtocolError("bad_task", "not the task of this renewal");
  }
  checkRequestInfo(task.message, renewal.subject, P);
  const document = { sid: fromHex(renewal.sid, 16), message: task.message };
  await new CoSigning(operation, place, [document]).sign(pin.source);
}

function checkCertificate(operation: Operation, renewal: Renewal, place: KeyPlace): void {
  const { uid, public: P } = operation.key(place);
  if (renewal.certificatePem === null || hex(uid) !== renewal.uid) {
    throw new ProtocolError("bad_certificate", "none was issued for this key");
  }
  const names = certifiedNames(renewal.certificatePem, P);
  if (names === null || !sameSubject(names, renewal.subject)) {
    throw new ProtocolError("bad_certificate", "not for this phone's key and the names requested");
  }
}

async function confirmRenewed(
  operation: Operation,
  renewal: Renewal,
  place: KeyPlace,
  pin: OncePin,
): Promise<void> {
  if (renewal.confirm === null) {
    throw new ProtocolError("malformed", "a certificate without its confirmation");
  }
  const sid = fromHex(renewal.confirm, 16);
  const message = internalMessage("confirm", operation.key(place).uid, sid);
  const signature = await signInternal(operation, place, { sid, message, purpose: "confirm" }, pin);
  if (signature === null) {
    // Throws the reason, if the old certificate was held or ended meanwhile.
    await requiredRenewal(operation);
    throw new PhoneError("no_renewal");
  }
}

/** Signs one of the protocol's own tasks, whose message is known to the byte. */
async function signInternal(
  operation: Operation,
  place: KeyPlace,
  { sid, message, purpose }: { sid: Uint8Array; message: Uint8Array; purpose: string },
  pin: OncePin,
): Promise<Signature | null> {
  const task = await taskOf(operation, hex(sid));
  const isIt = task.uid === hex(operation.key(place).uid) && task.purpose === purpose;
  if (!isIt || !equalBytes(task.message, message)) {
    throw new ProtocolError("bad_task", "not the task of this renewal");
  }
  const [signature] = await new CoSigning(operation, place, [{ sid, message }]).sign(pin.source);
  return signature ?? null;
}

async function taskOf(operation: Operation, sid: string): Promise<Task> {
  return readTask(await operation.connection.get(`/api/phone/tasks/${sid}`, operation.loggedIn()));
}

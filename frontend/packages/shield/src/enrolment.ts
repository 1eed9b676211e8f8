/**
 * Application for a certificate (申请证书, manual 2.3.1.3): joint key, slot, co-signed request, certificate.
 *
 * A new key stays `pending` beside an old one until its certificate has arrived. After a lost answer the
 * phone fetches the certificate, and never makes a second key.
 */

import { checkPoint, hex, equalBytes } from "@mshield/gm";

import { certifiedNames, requestInfo, sameSubject } from "./certificate.ts";
import { CoSigning } from "./cosigning.ts";
import { readJointKey } from "./cosign_messages.ts";
import { PhoneError, ProblemError, ProtocolError } from "./errors.ts";
import {
  type Enrolment,
  type IssuedCertificate,
  readCertificate,
  readEnrolment,
  readTask,
  type Subject,
} from "./messages.ts";
import type { Operation } from "./operation.ts";
import { requirePin, type PinSource } from "./pin.ts";
import { confirm } from "./pin_change.ts";
import { requireStrongFor } from "./pin_rules.ts";
import { isIntact, type KeyState, ZERO_OTP } from "./state.ts";

const ROLES = { legal_person: "法人", operator: "操作员" } as const;

/** Codes of an application that an outside CA ended. */
export const REFUSED: ReadonlySet<string> = new Set(["ca_refused", "ca_bad_certificate", "ca_timeout"]);

/** Data that the user enters; all of it must match the enterprise's registration (R4). */
export interface Application {
  readonly name: string;
  /** Null for the account's own. */
  readonly idNumber: string | null;
  readonly userType: keyof typeof ROLES;
  readonly creditCode: string;
  readonly smsCode: string;
}

/**
 * Present step of an application: checking data and PIN, making the joint key, having its certificate issued.
 */
export type ApplicationStep = "check" | "key" | "certificate";

export interface ApplyOptions {
  readonly again?: boolean | undefined;
  /** Called as each step begins. */
  readonly tell?: ((step: ApplicationStep) => void) | undefined;
}

/**
 * Has the service check the data before a PIN is chosen. Throws: ProblemError as `apply` if it would refuse
 * them.
 */
export async function checkApplication(
  operation: Operation,
  application: Omit<Application, "smsCode">,
): Promise<void> {
  const { sms_code: _, ...form } = formOf({ ...application, smsCode: "" });
  await operation.connection.post("/api/phone/enrolments/check", operation.loggedIn(), form);
}

/**
 * Enrols a key and returns its certificate. An application whose last answer was lost is completed instead.
 * If this phone's certificate has not been revoked, the service warns (ProblemError `already_certified`) and
 * changes nothing. With `again`, the user has read the warning and continues: that certificate is put on hold
 * and nothing is issued (R6, ProblemError `duplicate_application`).
 */
export async function apply(
  operation: Operation,
  application: Application,
  pin: string,
  { again = false, tell = () => {} }: ApplyOptions = {},
): Promise<IssuedCertificate> {
  requirePin(pin);
  tell("check");
  if (operation.vault.state.pending !== null) {
    const issued = await adoptUnlessRefused(operation, pin);
    if (issued !== null) {
      return issued;
    }
  }
  await requireStrongFor(operation, pin, application.idNumber);
  const form = { ...formOf(application), ...(again && { confirm_duplicate: true }) };
  const { connection } = operation;
  const begun = readEnrolment(await connection.post("/api/phone/enrolments", operation.loggedIn(), form));
  checkNames(begun.subject, application);
  if (begun.idNumber !== null) {
    await requireStrongFor(operation, pin, begun.idNumber);
  }
  tell("key");
  await makeKey(operation, begun, pin);
  tell("certificate");
  return await complete(operation, pin);
}

/**
 * Completes an application that stopped after the key was made; needs the PIN chosen then, and no new SMS
 * code. Throws: PhoneError `no_key` if none is pending.
 */
export async function resume(operation: Operation, pin: string): Promise<IssuedCertificate> {
  requirePin(pin);
  if (operation.vault.state.pending?.renews) {
    throw new PhoneError("renewal_unfinished");
  }
  operation.key("pending");
  return (await adopt(operation, pin)) ?? (await complete(operation, pin));
}

/** Fetches this device's certificate from the service; null if there is none. */
export async function fetchCertificate(operation: Operation): Promise<IssuedCertificate | null> {
  try {
    const answer = await operation.connection.get("/api/phone/certificate", operation.loggedIn());
    if (isWaiting(answer)) {
      throw new PhoneError("ca_waiting");
    }
    return readCertificate(answer);
  } catch (error) {
    if (error instanceof ProblemError && error.code === "no_certificate") {
      return null;
    }
    throw error;
  }
}

/** Reports whether an outside CA still decides. */
function isWaiting(answer: unknown): boolean {
  return typeof answer === "object" && answer !== null && "look_after_s" in answer;
}

/** Adopts the certificate of an earlier application, unless an outside CA refused that: then the user begins anew. */
async function adoptUnlessRefused(operation: Operation, pin: string): Promise<IssuedCertificate | null> {
  try {
    return await adopt(operation, pin);
  } catch (error) {
    if (error instanceof ProblemError && REFUSED.has(error.code)) {
      return null;
    }
    throw error;
  }
}

/**
 * Signs a `confirm` task if the certificate is for a pending key without a checked answer: its finish was
 * lost permanently or closed, and a service could have certified a key that it alone knows. Throws:
 * ProtocolError `bad_answer`, which deletes the key.
 */
export async function prove(operation: Operation, issued: IssuedCertificate, pin: PinSource): Promise<void> {
  if (awaitsProof(operation, issued)) {
    await confirm(operation, "pending", pin);
  }
}

/**
 * Reports whether the certificate is for the pending key and no checked answer has shown yet that it is
 * joint.
 */
export function awaitsProof(operation: Operation, issued: IssuedCertificate): boolean {
  const { pending } = operation.vault.state;
  return pending !== null && !pending.proven && certifiedNames(issued.pem, pending.public) !== null;
}

/**
 * Makes the pending key the phone's key if the certificate is for it; otherwise returns false and changes
 * nothing. Throws: ProtocolError `bad_certificate` if its names are not the requested ones, `bad_answer` if
 * no checked answer has shown that P is the joint key.
 */
export async function adoptCertificate(operation: Operation, issued: IssuedCertificate): Promise<boolean> {
  const { pending } = operation.vault.state;
  const names = pending && certifiedNames(issued.pem, pending.public);
  if (pending === null || names === null) {
    return false;
  }
  if (!sameSubject(names, pending.subject)) {
    throw new ProtocolError("bad_certificate", "the names are not those that were requested");
  }
  if (!pending.proven) {
    throw new ProtocolError("bad_answer", "no answer has shown that P is the joint key");
  }
  const certificate = { pem: issued.pem, chainPem: issued.chainPem, logKey: issued.logKey };
  await operation.vault.change({
    key: { ...pending, certificate, renews: false },
    pending: null,
    shieldNumber: issued.shieldNumber,
  });
  return true;
}

/** Checks that the certificate names this person and role. Throws: ProtocolError `bad_request_info`. */
export function checkNames(subject: Subject, { name, userType }: Application): void {
  if (subject.commonName !== name || subject.role !== ROLES[userType]) {
    throw new ProtocolError("bad_request_info", "name or role is not the one entered");
  }
}

/** Returns the user's data in the service's form. */
export function formOf(application: Application): Record<string, string | null> {
  return {
    name: application.name,
    id_number: application.idNumber,
    user_type: application.userType,
    credit_code: application.creditCode,
    sms_code: application.smsCode,
  };
}

/**
 * Makes the joint key: the share stays behind `Secrets`; the slot is stored, and read back before it is
 * relied on.
 */
export async function makeKey(
  operation: Operation,
  { uid, sid, challenge, shieldNumber, subject }: Omit<Enrolment, "idNumber">,
  pin: string,
  renews = false,
): Promise<void> {
  const { deviceSecret } = operation.vault.state;
  const share = await operation.secrets.enrol({ deviceSecret, uid, sid, pin: operation.newPin(pin) });
  const path = `/api/phone/enrolments/${hex(uid)}/key`;
  // The same P1 gets the same P again, so after a lost answer the same body is sent.
  const credentials = { ...operation.loggedIn(), nonce: challenge };
  const P = readJointKey(await operation.connection.postKeyed(path, credentials, share.body));
  requirePoint(P);
  const pending: KeyState = {
    uid,
    sid,
    public: P,
    subject,
    slots: [share.slot],
    otp: ZERO_OTP,
    rn: null,
    left: null,
    proven: false,
    certificate: null,
    renews,
  };
  await operation.vault.change({ pending, shieldNumber });
  await requireStored(operation, P);
}

function requirePoint(P: Uint8Array): void {
  try {
    checkPoint(P);
  } catch {
    throw new ProtocolError("malformed", "P is not a point of the curve");
  }
}

async function requireStored(operation: Operation, P: Uint8Array): Promise<void> {
  const read = (await operation.vault.reread())?.pending;
  const slot = read?.slots[0];
  if (!read || !slot || !equalBytes(read.public, P) || !(await isIntact(slot))) {
    throw new PhoneError("damaged_slot", "the slot was not stored as written");
  }
}

/** Co-signs the certificate request and fetches the certificate. */
async function complete(operation: Operation, pin: string): Promise<IssuedCertificate> {
  const { uid, sid, public: P, subject } = operation.key("pending");
  const path = `/api/phone/tasks/${hex(sid)}`;
  const task = readTask(await operation.connection.get(path, operation.loggedIn()));
  if (task.purpose !== "enrol" || task.sid !== hex(sid) || task.uid !== hex(uid)) {
    throw new ProtocolError("bad_task", "not the task of this enrolment");
  }
  checkRequestInfo(task.message, subject, P);
  // A bad answer deletes the pending key, since P was not the joint key.
  await new CoSigning(operation, "pending", [{ sid, message: task.message }]).sign(pin);
  const issued = await adopt(operation, pin);
  if (issued === null) {
    throw new ProtocolError("bad_certificate", "the certificate is not for this key");
  }
  return issued;
}

/**
 * Checks that the certificate request is for this key and these names. Throws: ProtocolError
 * `bad_request_info`.
 */
export function checkRequestInfo(message: Uint8Array, subject: Subject, P: Uint8Array): void {
  if (!equalBytes(message, requestInfo(subject, P))) {
    throw new ProtocolError("bad_request_info", "not the request for this name and key");
  }
}

/** Proves and takes over the certificate of the pending key; null if none was issued for it. */
async function adopt(operation: Operation, pin: PinSource): Promise<IssuedCertificate | null> {
  const issued = await fetchCertificate(operation);
  if (issued === null) {
    return null;
  }
  await prove(operation, issued, pin);
  return (await adoptCertificate(operation, issued)) ? issued : null;
}

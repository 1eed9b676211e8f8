/** How far a renewal is: what the service has recorded, and what of it is the phone's already. */

import { certifiedNames } from "./certificate.ts";
import { awaitsProof, fetchCertificate, prove, takeOver } from "./enrolment.ts";
import { PhoneError, ProblemError } from "./errors.ts";
import { Fields } from "./fields.ts";
import { type IssuedCertificate, readSubject, type Subject } from "./messages.ts";
import type { Operation } from "./operation.ts";
import type { PinSource } from "./pin.ts";

export const CURRENT = "/api/phone/renewals/current";

/** A renewal under way; ids in hex. `consent` and `confirm` name the tasks that wait for it. */
export interface Renewal {
  readonly sid: string;
  readonly uid: string;
  readonly key: "new" | "same";
  readonly state: "begun" | "issued";
  readonly challenge: string | null;
  readonly shieldNumber: string;
  readonly subject: Subject;
  readonly consent: string | null;
  readonly confirm: string | null;
  readonly certificatePem: string | null;
}

export function readRenewal(value: unknown): Renewal {
  const of = new Fields(value);
  return {
    sid: of.text("sid"),
    uid: of.text("uid"),
    key: of.word("key", ["new", "same"]),
    state: of.word("state", ["begun", "issued"]),
    challenge: of.textOrNull("challenge"),
    shieldNumber: of.text("shield_number"),
    subject: readSubject(of.object("subject")),
    consent: of.textOrNull("consent"),
    confirm: of.textOrNull("confirm"),
    certificatePem: of.textOrNull("certificate_pem"),
  };
}

/** The renewal under way, or null. */
export async function currentRenewal(operation: Operation): Promise<Renewal | null> {
  try {
    return readRenewal(await operation.connection.get(CURRENT, operation.loggedIn()));
  } catch (error) {
    if (error instanceof ProblemError && error.code === "not_found") {
      return null;
    }
    throw error;
  }
}

/** The renewal under way; PhoneError `no_renewal` where there is none any more. */
export async function requiredRenewal(operation: Operation): Promise<Renewal> {
  const renewal = await currentRenewal(operation);
  if (renewal === null) {
    throw new PhoneError("no_renewal");
  }
  return renewal;
}

/**
 * The new certificate where it is in force already; else null, and what was left of a renewal is dropped. PhoneError
 * `renewal_unfinished` where the new key has still to show that it works, and no PIN is given for it.
 */
export async function settledRenewal(
  operation: Operation,
  pin: PinSource | null = null,
): Promise<IssuedCertificate | null> {
  const issued = await fetchCertificate(operation);
  if (issued !== null) {
    if (pin !== null) {
      await prove(operation, issued, pin);
    } else if (awaitsProof(operation, issued)) {
      throw new PhoneError("renewal_unfinished");
    }
    if (await takeOverAny(operation, issued)) {
      return issued;
    }
  }
  if (operation.vault.state.pending?.renews) {
    await operation.vault.change({ pending: null });
  }
  return null;
}

/** Makes the certificate in force the phone's, with the key that it is for; false where it is that already. */
export async function takeOverAny(operation: Operation, issued: IssuedCertificate): Promise<boolean> {
  if (await takeOver(operation, issued)) {
    return true;
  }
  const { key } = operation.vault.state;
  if (!key?.certificate || key.certificate.pem === issued.pem) {
    return false;
  }
  const subject = certifiedNames(issued.pem, key.public);
  if (subject === null) {
    return false;
  }
  const certificate = { pem: issued.pem, chainPem: issued.chainPem };
  await operation.changeKey("key", { certificate, subject });
  return true;
}

/** PhoneError `renewal_unfinished` while one is: another PIN now would leave the phone with two. */
export async function requireNoRenewal(operation: Operation): Promise<void> {
  if (!operation.vault.state.pending?.renews) {
    return;
  }
  if (await isOpen(operation)) {
    throw new PhoneError("renewal_unfinished");
  }
  await settledRenewal(operation);
}

/** Whether one is under way, or stands still as its holder is no longer on file: they give it up, or a job does. */
async function isOpen(operation: Operation): Promise<boolean> {
  try {
    return (await currentRenewal(operation)) !== null;
  } catch (error) {
    if (error instanceof ProblemError && error.code === "no_filing") {
      return true;
    }
    throw error;
  }
}

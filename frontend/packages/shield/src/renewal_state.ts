/** Progress of a renewal: what the service has recorded, and what the phone has taken over. */

import { certifiedNames } from "./certificate.ts";
import { awaitsProof, fetchCertificate, prove, adoptCertificate, REFUSED } from "./enrolment.ts";
import { PhoneError, ProblemError } from "./errors.ts";
import { Fields } from "./fields.ts";
import { type IssuedCertificate, type Issuer, readIssuer, readSubject, type Subject } from "./messages.ts";
import type { Operation } from "./operation.ts";
import type { PinSource } from "./pin.ts";

export const CURRENT = "/api/phone/renewals/current";

/** A renewal in progress; ids in hex. `consent` and `confirm` identify its waiting tasks. */
export interface Renewal {
  readonly sid: string;
  readonly uid: string;
  readonly key: "new" | "same";
  /** `waiting`: the outside CA `issuer` still decides. */
  readonly state: "begun" | "waiting" | "issued";
  readonly challenge: string | null;
  readonly shieldNumber: string;
  readonly subject: Subject;
  readonly consent: string | null;
  readonly confirm: string | null;
  readonly certificatePem: string | null;
  /** Outside CA that issues the certificate; null for the service's own. */
  readonly issuer: Issuer | null;
}

export function readRenewal(value: unknown): Renewal {
  const of = new Fields(value);
  return {
    sid: of.text("sid"),
    uid: of.text("uid"),
    key: of.word("key", ["new", "same"]),
    state: of.word("state", ["begun", "waiting", "issued"]),
    challenge: of.textOrNull("challenge"),
    shieldNumber: of.text("shield_number"),
    subject: readSubject(of.object("subject")),
    consent: of.textOrNull("consent"),
    confirm: of.textOrNull("confirm"),
    certificatePem: of.textOrNull("certificate_pem"),
    issuer: readIssuer(of),
  };
}

/** Returns the renewal in progress, or null. */
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

/** Returns the renewal in progress. Throws: PhoneError `no_renewal` if there is none any more. */
export async function requiredRenewal(operation: Operation): Promise<Renewal> {
  const renewal = await currentRenewal(operation);
  if (renewal === null) {
    throw new PhoneError("no_renewal");
  }
  return renewal;
}

/**
 * Returns the new certificate if it is in force already; otherwise null, dropping what was left of a renewal.
 * Throws: PhoneError `renewal_unfinished` if the new key is still to be proven and no PIN is given.
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
    if (await adoptAnyCertificate(operation, issued)) {
      return issued;
    }
  }
  if (operation.vault.state.pending?.renews) {
    await operation.vault.change({ pending: null });
  }
  return null;
}

/** Makes the certificate in force the phone's, with its key; false if it already is. */
export async function adoptAnyCertificate(operation: Operation, issued: IssuedCertificate): Promise<boolean> {
  if (await adoptCertificate(operation, issued)) {
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
  const certificate = { pem: issued.pem, chainPem: issued.chainPem, logKey: issued.logKey };
  await operation.changeKey("key", { certificate, subject });
  return true;
}

/**
 * Throws: PhoneError `renewal_unfinished` during a renewal, since a PIN change would leave the phone with two
 * PINs.
 */
export async function requireNoRenewal(operation: Operation): Promise<void> {
  if (!operation.vault.state.pending?.renews) {
    return;
  }
  if (await isOpen(operation)) {
    throw new PhoneError("renewal_unfinished");
  }
  await settledRenewal(operation);
}

/**
 * Reports whether a renewal is in progress, or suspended because its holder is no longer registered; the
 * holder or a job then abandons it.
 */
async function isOpen(operation: Operation): Promise<boolean> {
  try {
    return (await currentRenewal(operation)) !== null;
  } catch (error) {
    if (error instanceof ProblemError && error.code === "no_filing") {
      return true;
    }
    if (error instanceof ProblemError && REFUSED.has(error.code)) {
      return false;
    }
    throw error;
  }
}

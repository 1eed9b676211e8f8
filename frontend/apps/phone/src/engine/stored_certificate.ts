/** The certificate as this phone stores it, to show while the service can't be reached. */

import { type IssuedCertificate, readPem, ShieldError, type Status } from "@mshield/shield";

/**
 * Returns the stored certificate, null if there is none. Its state isn't included: only the service knows
 * about holds and early revocation.
 */
export function storedCertificate(status: Status | null): IssuedCertificate | null {
  if (status === null) {
    return null;
  }
  const { certificatePem: pem, logKey, shieldNumber } = status;
  if (pem === null || logKey === null || shieldNumber === null) {
    return null;
  }
  try {
    const { subject, serial, notBefore, notAfter } = readPem(pem);
    return {
      state: "unknown",
      holds: [],
      serial,
      shieldNumber,
      pem,
      logKey,
      chainPem: [],
      subject,
      notBefore,
      notAfter,
      pinChangeDue: false,
      changes: [],
    };
  } catch (error) {
    if (error instanceof ShieldError) {
      return null;
    }
    throw error;
  }
}

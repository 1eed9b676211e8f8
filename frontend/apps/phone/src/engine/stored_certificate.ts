/** The certificate as this phone stores it: what can be shown while the service can't be asked. */

import { type IssuedCertificate, readPem, ShieldError, type Status } from "@mshield/shield";

/** Its state is not in it: holds and an end before its time only the service knows. Null where none is stored. */
export function storedCertificate(status: Status | null): IssuedCertificate | null {
  if (!status?.certificatePem || status.shieldNumber === null) {
    return null;
  }
  const { certificatePem: pem, shieldNumber } = status;
  try {
    const { subject, serial, notBefore, notAfter } = readPem(pem);
    return {
      state: "unknown",
      holds: [],
      serial,
      shieldNumber,
      pem,
      logKey: null,
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

import { type CertificateFacts, readFacts, ShieldError } from "@mshield/shield";

/**
 * Parses a certificate. Returns null if this app can't read it; the service then provides names, number and
 * dates.
 */
export function factsOf(pem: string): CertificateFacts | null {
  try {
    return readFacts(pem);
  } catch (error) {
    if (error instanceof ShieldError) {
      return null;
    }
    throw error;
  }
}

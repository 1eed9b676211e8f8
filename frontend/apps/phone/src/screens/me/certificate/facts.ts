import { type CertificateFacts, readFacts, ShieldError } from "@mshield/shield";

/** Null for a certificate that this app can't read: its names, number and days the service told. */
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

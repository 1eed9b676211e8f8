"""Public status data: revocation lists, OCSP answers and their signers."""

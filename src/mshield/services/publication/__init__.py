"""What anyone may fetch: revocation lists, OCSP answers and who signs them."""

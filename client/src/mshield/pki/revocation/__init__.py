"""Revocation lists and OCSP, signed with SM2 or P-256."""

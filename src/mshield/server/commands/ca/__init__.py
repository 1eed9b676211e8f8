"""`mshield ca`: the certificate authority, requests to a root elsewhere, cross certificates, ceremony, policy."""

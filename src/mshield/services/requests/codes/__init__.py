"""Ways to a request beside its QR code: what was read before the login, and eight characters that are typed."""

"""Certificate of a device: application, issuance, display, binding, renewal, expiry."""

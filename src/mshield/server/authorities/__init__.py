"""Keys and rows of the certificate authorities, used by everything that issues."""

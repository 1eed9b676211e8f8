"""The rows of the certificate authorities."""

"""The rules of certificates."""

"""The rules of business systems."""

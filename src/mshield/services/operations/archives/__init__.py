"""Months of what is over, in files (ADR 98)."""

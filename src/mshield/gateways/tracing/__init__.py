"""Traces over several systems: which one a call is of, and its span for a collector."""

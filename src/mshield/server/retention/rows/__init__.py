"""Rows of retention, erasure and archiving."""

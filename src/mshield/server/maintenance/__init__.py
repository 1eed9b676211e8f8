"""Operator's work on the whole database: copying it, rotating or wrapping its keys, accepting a changed row."""

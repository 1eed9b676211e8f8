"""Keyed seals of rows with authority, and the record of every change of such a row."""

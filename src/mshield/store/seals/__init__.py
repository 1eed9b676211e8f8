"""Keyed seals of the rows that carry authority, and the record of each change of one."""

"""Signed XML: a reader that keeps what canonical forms need, canonical forms, signatures of the E-Port profile."""

"""XML that is signed: read with all that a canonical form needs, canonical forms, signatures of the E-Port profile."""

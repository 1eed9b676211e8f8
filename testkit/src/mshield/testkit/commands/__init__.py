"""The commands `mshield phone` and `mshield legal-person`."""

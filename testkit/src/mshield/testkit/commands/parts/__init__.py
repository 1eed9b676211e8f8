"""Parts shared by `mshield phone` and `mshield legal-person`."""

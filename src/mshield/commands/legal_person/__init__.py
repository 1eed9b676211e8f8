"""`mshield legal-person`: the legal person's portal from the command line."""

"""`mshield legal-person`: the legal representative's portal on the command line."""

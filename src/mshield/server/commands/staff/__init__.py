"""`mshield staff`: members of staff, and tokens for programs."""

"""Command `mshield people`."""

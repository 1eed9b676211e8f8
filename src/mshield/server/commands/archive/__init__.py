"""Command `mshield archive`."""

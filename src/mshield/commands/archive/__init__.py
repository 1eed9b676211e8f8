"""The command `mshield archive`."""

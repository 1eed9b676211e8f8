"""The command `mshield people`."""

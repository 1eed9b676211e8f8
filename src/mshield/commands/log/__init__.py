"""The command `mshield log`."""

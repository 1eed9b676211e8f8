"""The command `mshield`, and those of its commands that don't need the service."""

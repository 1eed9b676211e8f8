"""Shared parts of commands: bilingual output, text from outside, the option `--source`, access to the service."""

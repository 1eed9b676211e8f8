"""The filing (备案): imported, looked up, refreshed, and who is on file."""

"""Filing (备案): import, lookup, refresh, and the people on file."""

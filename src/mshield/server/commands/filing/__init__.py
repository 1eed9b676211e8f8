"""`mshield filing`: filing records (备案)."""

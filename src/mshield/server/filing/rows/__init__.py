"""Filing records (备案)."""

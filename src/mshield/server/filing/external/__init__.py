"""Other systems of the filing (备案)."""

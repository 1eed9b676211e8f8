"""Certificate authorities and what they have signed last."""

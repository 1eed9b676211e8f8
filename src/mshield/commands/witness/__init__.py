"""`mshield witness`: cosigns checkpoints of transparency logs, for whoever wants to watch them."""

"""`mshield witness`: cosigns checkpoints of transparency logs, for anybody who wants to watch them."""

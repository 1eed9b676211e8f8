"""Keys at rest: the master key, secrets sealed under it, and key-holding devices."""

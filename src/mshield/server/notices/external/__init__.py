"""SMS providers and push services."""

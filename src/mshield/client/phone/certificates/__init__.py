"""A phone's certificate: the first, its renewal, and what that would change."""

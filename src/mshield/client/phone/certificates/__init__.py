"""A phone's certificate: the first, and its renewal."""

"""Clocks: the one that never goes back, and how far the machine's is set right."""

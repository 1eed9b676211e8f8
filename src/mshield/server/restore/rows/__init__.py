"""Rows of the high-water mark."""

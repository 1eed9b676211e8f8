"""Rows of published lists."""

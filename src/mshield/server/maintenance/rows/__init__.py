"""Rows that contain sealed boxes."""

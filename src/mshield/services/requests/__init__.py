"""Requests of business systems: asked, followed, answered, and their result."""

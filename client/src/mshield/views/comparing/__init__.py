"""Comparison of the requester's description with the content it describes."""

"""Notices, pushes, and the record of sent SMS."""

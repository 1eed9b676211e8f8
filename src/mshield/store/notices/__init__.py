"""Notices and the record of sent SMS."""

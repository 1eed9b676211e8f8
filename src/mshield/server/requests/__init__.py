"""Requests of business systems: creation, status, the phone's answer, result and evidence."""

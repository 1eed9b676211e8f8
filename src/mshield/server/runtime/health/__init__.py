"""Readiness of this process and its database."""

"""Signing sessions, their outcomes, and the service's own tasks."""

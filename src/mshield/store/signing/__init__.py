"""Signing sessions, their outcome, and the service's own tasks."""

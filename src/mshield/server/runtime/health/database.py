"""Liveness check of the database."""

from mshield.server.runtime.rows.health import ping

__all__ = ["ping"]

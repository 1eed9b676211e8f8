"""Whether what the service needs is there."""

from mshield.store.process.health import ping

__all__ = ["ping"]

"""Public downloads: the CA's publication point, and the transparency log."""

from mshield.server.http.publication import log, pki

ROUTERS = (pki.router, log.router)

__all__ = ["ROUTERS"]

"""What anyone may fetch: the CA's publication point, and the transparency log."""

from mshield.web.publication import log, pki

ROUTERS = (pki.router, log.router)

__all__ = ["ROUTERS"]

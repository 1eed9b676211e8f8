"""The CA's publication point, for anyone."""

from mshield.web.publication.pki import router

__all__ = ["router"]

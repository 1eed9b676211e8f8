"""Addresses that certificates contain; derived from the public origin alone."""

from mshield.pki.certificates.profiles import Urls
from mshield.server.certificates.rules.shards import list_name
from mshield.server.settings.site import SiteSettings


def issuing_urls(settings: SiteSettings) -> Urls:
    """Returns the issuing CA certificate's addresses: the root's list, certificate and OCSP responder."""
    return _urls(settings, "root")


def leaf_urls(settings: SiteSettings, issuer: str, *, shard: int = 0) -> Urls:
    """Returns a shield certificate's addresses: its shard's list, and its CA's certificate and OCSP responder."""
    return _urls(settings, issuer, shard)


def list_url(settings: SiteSettings, ca: str, shard: int) -> str:
    """Returns the address of a list, as in certificates and in the list itself."""
    return _urls(settings, ca, shard).crl


def _urls(settings: SiteSettings, issuer: str, shard: int = 0) -> Urls:
    base = f"{settings.public_origin.rstrip('/')}/pki"
    return Urls(
        crl=f"{base}/{list_name(issuer, shard)}.crl", ocsp=f"{base}/ocsp", ca_issuer=f"{base}/{issuer}.cer"
    )

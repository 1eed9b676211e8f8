"""Where this service publishes what its certificates point to; derived from the public origin alone."""

from mshield.domain.certificates.shards import list_name
from mshield.pki.certificates.profiles import Urls
from mshield.settings import Settings


def issuing_urls(settings: Settings) -> Urls:
    """What the issuing CA's certificate points to: the root's list, certificate and OCSP responder."""
    return _urls(settings, "root")


def leaf_urls(settings: Settings, issuer: str, *, shard: int = 0) -> Urls:
    """What a shield's certificate points to: its shard's list, and its CA's certificate and OCSP responder."""
    return _urls(settings, issuer, shard)


def list_url(settings: Settings, ca: str, shard: int) -> str:
    """Where a list stands, as certificates and the list itself name it."""
    return _urls(settings, ca, shard).crl


def _urls(settings: Settings, issuer: str, shard: int = 0) -> Urls:
    base = f"{settings.public_origin.rstrip('/')}/pki"
    return Urls(
        crl=f"{base}/{list_name(issuer, shard)}.crl", ocsp=f"{base}/ocsp", ca_issuer=f"{base}/{issuer}.cer"
    )

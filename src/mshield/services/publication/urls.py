"""Where this service publishes what its certificates point to; derived from the public origin alone."""

from mshield.pki.certificates.profiles import Urls
from mshield.settings import Settings


def issuing_urls(settings: Settings) -> Urls:
    """What the issuing CA's certificate points to: the root's list, certificate and OCSP responder."""
    return _urls(settings, "root")


def leaf_urls(settings: Settings, issuer: str) -> Urls:
    """What a shield's certificate points to: list, certificate and OCSP responder of the CA that issued it."""
    return _urls(settings, issuer)


def _urls(settings: Settings, issuer: str) -> Urls:
    base = f"{settings.public_origin.rstrip('/')}/pki"
    return Urls(crl=f"{base}/{issuer}.crl", ocsp=f"{base}/ocsp", ca_issuer=f"{base}/{issuer}.cer")

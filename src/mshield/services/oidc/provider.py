"""The OpenID Connect provider as routes reach it."""

from dataclasses import dataclass

from mshield.keys.oidc_key import OidcKeys
from mshield.services.oidc.clients import OidcClients


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """Everything that `/oidc` needs."""

    keys: OidcKeys
    clients: OidcClients

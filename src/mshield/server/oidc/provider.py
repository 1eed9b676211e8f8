"""The OpenID Connect provider, as used by the routes."""

from dataclasses import dataclass

from mshield.server.ground import Ground
from mshield.server.oidc.authorize import Authorize
from mshield.server.oidc.callers import Callers
from mshield.server.oidc.clients import OidcClients
from mshield.server.oidc.keys import OidcKeys
from mshield.server.oidc.login import Subjects
from mshield.server.oidc.logout import LogOut
from mshield.server.oidc.metadata import audiences_of, issuer_of
from mshield.server.oidc.requests import Requests
from mshield.server.oidc.tokens import Tokens
from mshield.server.oidc.userinfo import UserInfo
from mshield.server.requests.ask import Ask


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """Services for all routes under `/oidc`."""

    keys: OidcKeys
    requests: Requests
    authorize: Authorize
    tokens: Tokens
    user_info: UserInfo
    log_out: LogOut


def open_provider(ground: Ground, ask: Ask) -> OidcProvider:
    """Creates the provider, named by the public origin."""
    db, issuer = ground.db, issuer_of(ground.settings)
    keys, clients = OidcKeys(db, ground.keyring), OidcClients(db)
    callers = Callers(db, audiences_of(ground.settings))
    subjects = Subjects(ground.lookup, pairwise=ground.settings.oidc.subjects == "pairwise")
    requests = Requests(db, clients, callers, issuer)
    return OidcProvider(
        keys=keys,
        requests=requests,
        authorize=Authorize(db, ask, clients, requests, issuer),
        tokens=Tokens(db, clients, callers, keys, subjects, issuer),
        user_info=UserInfo(db, clients, ground.chains, subjects),
        log_out=LogOut(db, clients, keys, issuer),
    )

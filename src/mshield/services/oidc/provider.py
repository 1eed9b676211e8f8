"""The OpenID Connect provider as routes reach it."""

from dataclasses import dataclass

from mshield.keys.oidc_key import OidcKeys
from mshield.services.ground import Ground
from mshield.services.oidc.authorize import Authorize
from mshield.services.oidc.callers import Callers
from mshield.services.oidc.clients import OidcClients
from mshield.services.oidc.login import Subjects
from mshield.services.oidc.logout import LogOut
from mshield.services.oidc.metadata import audiences_of, issuer_of
from mshield.services.oidc.requests import Requests
from mshield.services.oidc.tokens import Tokens
from mshield.services.oidc.userinfo import UserInfo
from mshield.services.requests.ask import Ask


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """Everything that `/oidc` needs."""

    keys: OidcKeys
    requests: Requests
    authorize: Authorize
    tokens: Tokens
    user_info: UserInfo
    log_out: LogOut


def open_provider(ground: Ground, ask: Ask) -> OidcProvider:
    """The provider, named by the public origin."""
    db, issuer = ground.db, issuer_of(ground.settings)
    keys, clients = OidcKeys(db, ground.keyring), OidcClients(db)
    callers = Callers(db, audiences_of(ground.settings))
    subjects = Subjects(ground.lookup, pairwise=ground.settings.oidc_subjects == "pairwise")
    requests = Requests(db, clients, callers, issuer)
    return OidcProvider(
        keys=keys,
        requests=requests,
        authorize=Authorize(db, ask, clients, requests, issuer),
        tokens=Tokens(db, clients, callers, keys, subjects, issuer),
        user_info=UserInfo(db, clients, ground.authorities, subjects),
        log_out=LogOut(db, clients, keys, issuer),
    )

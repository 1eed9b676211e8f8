"""RP-initiated logout: ends the token of a login, and sends the browser back to a registered address.

The service has no session of its own to end. Without an ID token it doesn't redirect at once: the page offers
the way back as a link (Logout 1.0, 6). A token signed by a retired key is ignored.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oidc.rpinitiated import EndSessionEndpoint, EndSessionRequest
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import extract_compact

from mshield.server.database.interface import Database
from mshield.server.oidc.clients import OidcClient, OidcClients
from mshield.server.oidc.keys import ALGORITHM, OidcKeys
from mshield.server.oidc.protocol import Clients, Protocol, ProtocolRequest
from mshield.server.oidc.requests import reason_of
from mshield.server.oidc.rows import authorizations as store
from mshield.server.oidc.rules import language
from mshield.server.systems.errors import LogoutRefused


class _EndSession(EndSessionEndpoint):
    def __init__(self, server: Protocol, keys: KeySet) -> None:
        super().__init__(server)
        self._keys = keys

    def get_server_jwks(self) -> KeySet:
        return self._keys

    def get_algorithms(self) -> list[str]:
        return [ALGORITHM]

    def is_post_logout_redirect_uri_legitimate(self, *_: Any) -> bool:
        """Always True. Authlib asks only without an ID token, and then the page offers the way back as a link."""
        return True


@dataclass(frozen=True, slots=True)
class LogoutView:
    """Content of the page: `back` is the registered address of the business system; `go` redirects there at once."""

    system_name: str | None
    back: str | None = field(default=None)
    go: bool = False
    language: str = "zh"


@dataclass(frozen=True, slots=True)
class LogOut:
    """The end session endpoint."""

    db: Database
    clients: OidcClients
    keys: OidcKeys
    issuer: str

    async def __call__(self, pairs: Iterable[tuple[str, str]], *, now: int) -> LogoutView:
        """Ends the token of a login. Raises: LogoutRefused (the token isn't ours, or is another client's)."""
        values = {name: [value] for name, value in pairs if value}
        keys = (await self.keys.current(now)).key_set(now)
        if _is_of_another_key(values.get("id_token_hint", [""])[0], keys):
            del values["id_token_hint"]
        request = ProtocolRequest("GET", values)
        clients = Clients(self.clients, now)
        server = Protocol(self.issuer, clients.loaded)
        endpoint = _EndSession(server, keys)
        try:
            checked: EndSessionRequest = await clients.run(lambda: endpoint.validate_request(request))
        except OAuth2Error as error:
            raise LogoutRefused(reason=reason_of(error)) from error
        except (TypeError, ValueError) as error:  # joserfc raises these for text that isn't a token.
            raise LogoutRefused(reason="id_token_hint") from error
        claims, client = checked.id_token_claims, checked.client
        if claims is not None and isinstance(client, OidcClient):
            await store.log_out(self.db, id=str(claims.get("sid")), client_id=client.get_client_id())
        return LogoutView(
            system_name=client.system.name if isinstance(client, OidcClient) else None,
            back=checked.redirect_uri,
            go=claims is not None and checked.redirect_uri is not None,
            language=language(checked.ui_locales),
        )


def _is_of_another_key(token: str, keys: KeySet) -> bool:
    """Reports whether the token names an unknown key: a retired one, or one that never was ours.

    Such a token proves nothing.
    """
    try:
        header: object = extract_compact(token.encode()).headers()  # may be any JSON value
    except (JoseError, ValueError):
        return False
    kid = header.get("kid") if isinstance(header, dict) else None
    return isinstance(kid, str) and all(kid != key.kid for key in keys.keys)

"""Business systems as OpenID Connect clients, registered by command, with exact addresses and one credential each.

There is no registration over the network, and no client without a secret or key (docs/adr/0022).
"""

import hmac
import json
from dataclasses import dataclass, field
from typing import Any, Final

from authlib.oauth2.rfc6749 import ClientMixin
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from mshield.server.acts.actor import SERVICE, By
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import InvalidRequest, NotFound
from mshield.server.oidc.rows import clients as store
from mshield.server.oidc.rules import AUTH_METHODS, SCOPES, checked_redirect_uri, checked_uri
from mshield.server.systems.errors import InvalidClientKeys
from mshield.server.systems.rows import systems
from mshield.server.systems.rows.systems import BusinessSystem
from mshield.server.systems.rules.business_system import OWN_CLIENT_ID, SYSTEM_CACHE_MS
from mshield.wire.addresses import MAX_URIS
from mshield.wire.ids import is_client_id
from mshield.wire.tokens import token_hash

PRIVATE_KEY_JWT: Final = "private_key_jwt"
_PUBLIC: Final = frozenset({"EC", "RSA", "OKP"})


class OidcClient(ClientMixin):
    """A client in the form Authlib expects; `now` (ms) determines which of its secrets are active."""

    def __init__(self, row: store.ClientRow, *, now: int) -> None:
        self.system: Final[BusinessSystem] = row.system
        self._secrets: Final = row.system.accepted(now=now)
        self.redirect_uris: Final = frozenset(row.redirect_uris)
        self.par_required: Final = row.par_required
        self.auth_method: Final = row.auth_method
        self.jwks: Final = None if row.jwks is None else KeySet.import_key_set(json.loads(row.jwks))
        self.client_metadata: Final = {"post_logout_redirect_uris": list(row.logout_uris)}

    def get_client_id(self) -> str:
        return self.system.client_id

    def get_default_redirect_uri(self) -> str:
        return ""  # OpenID Connect requires it in each request.

    def get_allowed_scope(self, scope: object) -> str:
        scopes = str(scope or "").split()
        return " ".join(scope_name for scope_name in SCOPES if scope_name in scopes)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        secret_hash = token_hash(client_secret)
        return any(hmac.compare_digest(secret_hash, stored) for stored in self._secrets)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002  # same for all
        return method == self.auth_method

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass(slots=True)
class OidcClients:
    """Finds clients.

    Cache of clients: a change takes effect within five seconds.
    """

    db: Database
    _cache: dict[str, tuple[int, OidcClient]] = field(default_factory=dict)

    async def find(self, client_id: str, *, now: int) -> OidcClient | None:
        """Returns the client of an active business system; None if there is none."""
        cached = self._cache.get(client_id)
        if cached is not None and 0 <= now - cached[0] < SYSTEM_CACHE_MS:
            return cached[1]
        row = await store.find(self.db, client_id=client_id) if is_client_id(client_id) else None
        if row is None or row.system.state != "active":
            self._cache.pop(client_id, None)
            return None
        client = OidcClient(row, now=now)
        self._cache[client_id] = (now, client)
        return client


async def set_client(
    db: Database,
    *,
    client_id: str,
    redirect_uris: tuple[str, ...],
    logout_uris: tuple[str, ...],
    auth_method: str,
    jwks: str | None,
    par_required: bool,
    by: By = SERVICE,
    now: int,
) -> None:
    """Registers a business system as a client, or changes it.

    Raises: NotFound (also for the service's own system, which can't be a client), InvalidClientUri,
    InvalidClientKeys, InvalidRequest.
    """

    async def work(tx: Tx) -> None:
        system = None if client_id == OWN_CLIENT_ID else await systems.find(tx, client_id=client_id)
        if system is None:
            raise NotFound
        row = _checked(
            system,
            redirect_uris=redirect_uris,
            logout_uris=logout_uris,
            auth_method=auth_method,
            jwks=jwks,
            par_required=par_required,
        )
        await _put(tx, row, by=by, now=now)

    await db.write(work)


async def _put(tx: Tx, row: store.ClientRow, *, by: By, now: int) -> None:
    """Stores a checked client and records the act."""
    await store.put(tx, row, now=now)
    details = {
        "redirect_uris": list(row.redirect_uris),
        "logout_uris": list(row.logout_uris),
        "auth_method": row.auth_method,
        "par_required": row.par_required,
    }
    subject = row.system.client_id
    await acts.record(tx, by=by, act="system.set_login", subject=subject, details=details, now=now)


def _checked(
    system: BusinessSystem,
    *,
    redirect_uris: tuple[str, ...],
    logout_uris: tuple[str, ...],
    auth_method: str,
    jwks: str | None,
    par_required: bool,
) -> store.ClientRow:
    """Checks a client and returns its row. Raises: InvalidClientUri, InvalidClientKeys, InvalidRequest."""
    if not 0 < len(redirect_uris) <= MAX_URIS or len(logout_uris) > MAX_URIS:
        raise InvalidRequest(fields=["redirect_uris"])
    if auth_method not in AUTH_METHODS:
        raise InvalidRequest(fields=["auth_method"])
    return store.ClientRow(
        system,
        tuple(map(checked_redirect_uri, redirect_uris)),
        tuple(map(checked_uri, logout_uris)),
        auth_method,
        _checked_keys(jwks, auth_method),
        par_required,
    )


async def list_clients(db: Database) -> list[dict[str, Any]]:
    """Returns all registered clients, oldest business system first; changed rows only raise an alarm."""
    return [
        {
            "client_id": row.system.client_id,
            "name": row.system.name,
            "redirect_uris": list(row.redirect_uris),
            "logout_uris": list(row.logout_uris),
            "auth_method": row.auth_method,
            "par_required": row.par_required,
        }
        for row in (await store.list_intact(db))[0]
    ]


async def remove_client(db: Database, *, client_id: str, by: By = SERVICE, now: int) -> None:
    """Removes a client; its business system remains. Raises: NotFound."""

    async def work(tx: Tx) -> None:
        if not await store.remove(tx, client_id=client_id):
            raise NotFound
        await acts.record(tx, by=by, act="system.end_login", subject=client_id, details={}, now=now)

    await db.write(work)


def _checked_keys(jwks: str | None, auth_method: str) -> str | None:
    if (jwks is not None) != (auth_method == PRIVATE_KEY_JWT):
        raise InvalidClientKeys
    if jwks is None:
        return None
    try:
        keys = KeySet.import_key_set(json.loads(jwks)).keys
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise InvalidClientKeys from error
    if not keys or any(key.key_type not in _PUBLIC or key.is_private for key in keys):
        raise InvalidClientKeys
    return json.dumps(KeySet(keys).as_dict(private=False))

"""Authorizations of the OpenID Connect provider, from the pushed request to the access token; each step is guarded.

`pushed` -> `open` (a browser shows the QR) -> `granted` (a code was issued) -> `used` (a token was issued) ->
`ended`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from mshield.server.database.interface import Database, Row, SealBroken, Tx
from mshield.server.database.queries import Queries, Query
from mshield.server.seals.tables import AUTHORIZATIONS, CERTIFICATES, SIGNATURES, TASKS, SealedTable

_SQL: Final = Queries("oidc", "authorizations")
_OPEN: Final = AUTHORIZATIONS.joined("a_")
_USED: Final = AUTHORIZATIONS.joined("used_")
_SIGNED: Final = (TASKS.joined("t_"), SIGNATURES.joined("s_"), CERTIFICATES.joined("c_"))
Parameters = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Authorization:
    """Client's request under the authorization's id; a login yields a code for `fresh_ms` after its signature."""

    id: str
    client_id: str
    parameters: Parameters
    fresh_ms: int


@dataclass(frozen=True, slots=True)
class PushedAuthorization:
    """Pushed authorization; `begun` once a browser has opened it."""

    asked: Authorization
    begun: bool


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """Request of an authorization, with the JSON that identifies the login to its client in webhooks."""

    id: str
    recognised_by: str


@dataclass(frozen=True, slots=True)
class OpenAuthorization:
    """Authorization of this browser with its current request; request_id is None before there is one.

    Once the request is signed, it yields a code until `fresh_until` (ms).
    """

    asked: Authorization
    granted: bool
    request_id: str | None
    request_state: str
    reason: str | None
    number: str
    request_ends: int
    fresh_until: int


@dataclass(frozen=True, slots=True)
class LoginRow:
    """Signed login with its certificate; signature is r then s. `usable` is False if revoked or held since."""

    person_id: str = field(repr=False)
    message: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    signed_at: int
    certificate: bytes = field(repr=False)
    name: str
    organisation: str
    credit_code: str
    role: str
    shield_number: str
    usable: bool


@dataclass(frozen=True, slots=True)
class Granted:
    """Authorization as granted, with the login behind it."""

    id: str
    parameters: Parameters
    login: LoginRow


@dataclass(frozen=True, slots=True)
class TokenRow(Granted):
    """Authorization behind an access token."""

    client_id: str


async def push(
    db: Database,
    authorization: Authorization,
    *,
    handle_hash: bytes,
    expires_at: int,
    now: int,
) -> None:
    """Stores a pushed request."""
    await db.write_together(
        _SQL["push"],
        by=authorization.id,
        **_sealed(db, authorization, browser_hash=None, request_id=None),
        handle_hash=handle_hash,
        expires_at=expires_at,
        now=now,
    )


async def find_pushed(
    db: Database, *, handle_hash: bytes, client_id: str, now: int
) -> PushedAuthorization | None:
    """Returns the authorization that was pushed under this handle, whether begun or not.

    None if expired or another client's.

    Raises: SealBroken.
    """
    row = await db.one(_SQL["find_pushed"], handle_hash=handle_hash, client_id=client_id, now=now)
    if row is None:
        return None
    _OPEN.check(db.sealer, row)
    return PushedAuthorization(_authorization(row, "a_"), begun=row["state"] != "pushed")


async def begin(
    db: Database,
    authorization: Authorization,
    *,
    browser_hash: bytes,
    request: LoginRequest,
    expires_at: int,
    now: int,
) -> None:
    """Stores an authorization begun by this browser."""
    await _attach_request(
        db,
        _SQL["begin"],
        authorization,
        request,
        browser_hash=browser_hash,
        expires_at=expires_at,
        now=now,
    )


async def open_pushed(
    db: Database,
    authorization: Authorization,
    *,
    browser_hash: bytes,
    request: LoginRequest,
    expires_at: int,
    now: int,
) -> bool:
    """Opens a pushed authorization for this browser, with its request; False if another browser has, or it expired."""
    return await _attach_request(
        db,
        _SQL["open_pushed"],
        authorization,
        request,
        browser_hash=browser_hash,
        expires_at=expires_at,
        now=now,
    )


async def attach(
    db: Database,
    authorization: Authorization,
    *,
    browser_hash: bytes,
    request: LoginRequest,
    now: int,
) -> bool:
    """Attaches a new request to an open authorization of this browser; False if there is none."""
    return await _attach_request(
        db, _SQL["attach"], authorization, request, browser_hash=browser_hash, now=now
    )


async def _attach_request(
    db: Database,
    query: Query,
    authorization: Authorization,
    request: LoginRequest,
    *,
    browser_hash: bytes,
    **times: int,
) -> bool:
    """Attaches the request by this statement, and stores with it how its client recognises the login."""
    sealed = _sealed(db, authorization, browser_hash=browser_hash, request_id=request.id)
    values: dict[str, object] = {**sealed, **times, "oidc": request.recognised_by}

    async def work(tx: Tx) -> bool:
        is_named = await tx.one(query, **values) is not None
        if is_named:
            await tx.run(_SQL["name_login"], **values)
        return is_named

    if db.dialect == "sqlite":
        return await db.write(work)
    return bool(await db.write_together(query, by=authorization.id, **values))


async def find_open(db: Database, *, id: str, browser_hash: bytes, now: int) -> OpenAuthorization | None:  # noqa: A002
    """Returns the authorization if it is this browser's and hasn't ended; its request's state is the stored one.

    Raises: SealBroken.
    """
    row = await db.one(_SQL["find_open"], id=id, browser_hash=browser_hash, now=now)
    if row is None:
        return None
    _OPEN.check(db.sealer, row)
    return OpenAuthorization(
        asked=_authorization(row, "a_"),
        granted=row["state"] == "granted",
        request_id=row["request_id"],
        request_state=row["request_state"] or "",
        reason=row["reason"],
        number=row["number"] or "",
        request_ends=row["expires_at"] or 0,
        fresh_until=(row["changed_at"] or 0) + row["a_fresh_ms"],
    )


async def grant(
    db: Database,
    *,
    id: str,  # noqa: A002
    browser_hash: bytes,
    code_hash: bytes,
    expires_at: int,
    now: int,
) -> Authorization | None:
    """Issues a code to this browser for a login just signed; None if it wasn't signed, or is another browser's.

    Raises: SealBroken.
    """
    rows = await db.write_together(
        _SQL["grant"],
        by=id,
        id=id,
        browser_hash=browser_hash,
        code_hash=code_hash,
        expires_at=expires_at,
        now=now,
    )
    for row in rows:
        AUTHORIZATIONS.check(db.sealer, row)
    return next((_authorization(row) for row in rows), None)


async def end(db: Database, *, id: str, browser_hash: bytes) -> bool:  # noqa: A002
    """Ends an open authorization of this browser; False if there is none."""
    return await db.run(_SQL["end"], id=id, browser_hash=browser_hash) == 1


async def use(
    db: Database, *, code_hash: bytes, client_id: str, token_hash: bytes, expires_at: int, now: int
) -> Granted | None:
    """Exchanges a code of this client for a token. Reusing a spent code ends the token made from it and returns None.

    Raises: SealBroken.
    """
    values: dict[str, object] = {
        "code_hash": code_hash,
        "client_id": client_id,
        "token_hash": token_hash,
        "expires_at": expires_at,
        "now": now,
    }

    async def work(tx: Tx) -> Row | None:
        used = await tx.one(_SQL["use"], **values)
        login = None if used is None else await tx.one(_SQL["find_login"], request_id=used["request_id"])
        if used is None or login is None:
            return None
        return {f"used_{name}": used[name] for name in dict(used)} | {**login}

    if db.dialect == "sqlite":
        row = await db.write(work)
    else:
        row = next(iter(await db.write_together(_SQL["use_with_login"], by=code_hash, **values)), None)
    if row is None:
        await db.run(_SQL["end_replayed"], code_hash=code_hash)
        return None
    _check(db, _USED, row)
    return Granted(row["used_id"], json.loads(row["used_parameters"]), _login(row))


async def log_out(db: Database, *, id: str, client_id: str) -> None:  # noqa: A002
    """Ends code and token of an authorization of this client."""
    await db.run(_SQL["log_out"], id=id, client_id=client_id)


async def find_token(db: Database, *, token_hash: bytes, now: int) -> TokenRow | None:
    """Returns the authorization behind a valid token. Raises: SealBroken."""
    for row in await db.read_together(_SQL["find_token"], token_hash=token_hash, now=now):
        _check(db, _OPEN, row)
        return TokenRow(row["a_id"], json.loads(row["a_parameters"]), _login(row), row["a_client_id"])
    return None


async def spend_assertion(db: Database, *, assertion_hash: bytes, expires_at: int) -> bool:
    """Stores a client's assertion; False if it was used before."""
    inserted = await db.run(_SQL["insert_assertion"], assertion_hash=assertion_hash, expires_at=expires_at)
    return inserted == 1


async def purge(db: Database, *, before: int) -> int:
    """Deletes authorizations that began before `before` and expired assertions, and returns their number."""
    deleted = await db.run(_SQL["purge"], before=before)
    return deleted + await db.run(_SQL["purge_assertions"], before=before)


def _sealed(
    db: Database, authorization: Authorization, *, browser_hash: bytes | None, request_id: str | None
) -> dict[str, object]:
    values: dict[str, object] = {
        "id": authorization.id,
        "client_id": authorization.client_id,
        "parameters": json.dumps(dict(authorization.parameters)),
        "fresh_ms": authorization.fresh_ms,
        "browser_hash": browser_hash,
        "request_id": request_id,
    }
    return values | {"seal": AUTHORIZATIONS.seal(db.sealer, values, version=1)}


def _authorization(row: Row, prefix: str = "") -> Authorization:
    values = (row[prefix + name] for name in ("id", "client_id", "parameters", "fresh_ms"))
    id_, client_id, parameters, fresh_ms = values
    return Authorization(id_, client_id, json.loads(parameters), fresh_ms)


def _check(db: Database, authorization: SealedTable, row: Row) -> None:
    """Raises SealBroken unless all rows are as this service wrote them and the certificate is the signing key's."""
    for table in (authorization, *_SIGNED):
        table.check(db.sealer, row)
    if row["c_uid"] != row["s_uid"]:
        raise SealBroken(SIGNATURES.name, row["s_sid"])


def _login(row: Row) -> LoginRow:
    return LoginRow(
        person_id=row["c_person_id"],
        message=row["t_message"],
        signature=row["signature"],
        signed_at=row["signed_at"],
        certificate=row["der"],
        name=row["c_common_name"],
        organisation=row["c_organisation"],
        credit_code=row["c_credit_code"],
        role=row["c_role"],
        shield_number=row["c_shield_number"],
        usable=row["state"] != "revoked" and not row["holds"],
    )

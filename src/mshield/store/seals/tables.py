"""The tables whose rows carry authority: how their seals are made and checked.

Who may write to the database and doesn't have the master key can make no seal (ADR 37). A seal is a keyed hash of the
table's name, the row's version, and the sealed columns (database/sealed_columns.py).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any, Final

import msgspec

from mshield.store.database.interface import Row, SealBroken, Sealer
from mshield.store.database.sealed_columns import SEALED_COLUMNS

_encode: Final = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True)
class SealedTable:
    """A table whose rows are sealed.

    `logged`: each change enters the transparency log. `kept`: no row is ever deleted, so that one that is gone was
    taken away. `was_sealed`: rows that are older than the seals got one too. `prefix` is how a joined statement names
    the columns: `sealed(filed_persons AS f)` in it writes them out as `f_id` and so on.
    """

    name: str
    prefix: str = ""
    logged: bool = True
    kept: bool = True
    was_sealed: bool = True
    columns: tuple[str, ...] = field(init=False, repr=False, compare=False)
    _read: Callable[[Row], tuple[Any, ...]] = field(init=False, repr=False, compare=False)
    _sealed: Callable[[Row], tuple[Any, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", SEALED_COLUMNS[self.name])
        object.__setattr__(self, "_sealed", itemgetter(*self.columns))
        names = (*self.columns, "seal_version", "seal")
        object.__setattr__(self, "_read", itemgetter(*(self.prefix + name for name in names)))

    @property
    def key(self) -> str:
        """The primary key's column."""
        return self.columns[0]

    @property
    def is_binary(self) -> bool:
        """Whether the key is of bytes."""
        return self.key in {"uid", "sid", "token_hash", "code_hash"}

    def seal(self, sealer: Sealer, values: Row, *, version: int) -> bytes:
        """The seal of a row that has these values of the sealed columns, 32 bytes."""
        return sealer.mac(_encode((self.name, version, *self._sealed(values))))

    def check(self, sealer: Sealer, row: Row) -> None:
        """Raises SealBroken unless the row is as this service wrote it."""
        *values, version, seal = self._read(row)
        if seal is None or not sealer.fits(_encode((self.name, version, *values)), seal):
            raise SealBroken(self.name, values[0])

    def check_joined(self, sealer: Sealer, row: Row) -> None:
        """The same for a row of an outer join, where there may be none."""
        if row[self.prefix + self.key] is not None:
            self.check(sealer, row)

    def joined(self, prefix: str) -> "SealedTable":
        """The same table in a statement that names its columns so."""
        return replace(self, prefix=prefix)

    def holds(self, sealer: Sealer, row: Row) -> bool:
        """Whether the row is as this service wrote it; also of values that no service writes."""
        try:
            self.check(sealer, row)
        except (SealBroken, TypeError, ValueError, OverflowError):
            return False
        return True


ACCOUNTS: Final = SealedTable("accounts")
ENTERPRISES: Final = SealedTable("enterprises")
FILED_PERSONS: Final = SealedTable("filed_persons")
PROOFS: Final = SealedTable("identity_proofs")
CODES: Final = SealedTable("identity_codes", logged=False, kept=False)
IDENTITY_REQUESTS: Final = SealedTable("identity_requests", logged=False, was_sealed=False)
"""Whom the legal person is shown and then confirms: sealed when they ask, and never changed."""
CONSENTS: Final = SealedTable("identity_consents", logged=False, kept=False)
PORTAL_SESSIONS: Final = SealedTable("portal_sessions", kept=False)
STAFF: Final = SealedTable("staff")
STAFF_TOKENS: Final = SealedTable("staff_tokens")
STAFF_SESSIONS: Final = SealedTable("staff_sessions", kept=False)
STAFF_FACTORS: Final = SealedTable("staff_factors", kept=False)
STAFF_SET_UPS: Final = SealedTable("staff_set_ups", kept=False)
STAFF_CEREMONIES: Final = SealedTable("staff_ceremonies", logged=False, kept=False)
PHONE_CHANGES: Final = SealedTable("phone_changes")
APPROVALS: Final = SealedTable("approvals")
PROPOSALS: Final = SealedTable("filing_proposals", logged=False)
SHIELD_ASKS: Final = SealedTable("shield_asks", logged=False, was_sealed=False)
CLOSINGS: Final = SealedTable("closings", was_sealed=False)
SYSTEMS: Final = SealedTable("business_systems")
VIEWS: Final = SealedTable("views")
UNSHOWN: Final = SealedTable("unshown_allowances")
OIDC_CLIENTS: Final = SealedTable("oidc_clients", kept=False)
KEYS: Final = SealedTable("keys", logged=False)
CERTIFICATES: Final = SealedTable("certificates", logged=False)
"""The seal says whose a certificate is: made when it is reserved, never changed. Its state is in its events."""
RENEWALS: Final = SealedTable("renewals", logged=False)
AUTHORIZATIONS: Final = SealedTable("oidc_authorizations", logged=False, kept=False)
"""Covers what the client asked for, which browser began it, and the request signed for it; each step seals anew."""
REQUESTS: Final = SealedTable("requests", logged=False, was_sealed=False)
TASKS: Final = SealedTable("tasks", logged=False, was_sealed=False)
SIGNATURES: Final = SealedTable("signatures", logged=False, was_sealed=False)
"""The log has the signatures themselves; the seal binds how often the key's counters had been changed."""

LATER: Final = (CERTIFICATES,)
"""Tables that got their seals after the others (migration 0048): `mshield migrate` seals their rows then, once."""

TABLES: Final = (
    *(ACCOUNTS, ENTERPRISES, FILED_PERSONS, PROOFS, CODES, IDENTITY_REQUESTS, CONSENTS, PORTAL_SESSIONS),
    *(STAFF, STAFF_TOKENS, STAFF_SESSIONS, STAFF_FACTORS, STAFF_SET_UPS, STAFF_CEREMONIES),
    *(APPROVALS, PROPOSALS, PHONE_CHANGES, CLOSINGS, SHIELD_ASKS),
    *(SYSTEMS, VIEWS, UNSHOWN, OIDC_CLIENTS),
    *(KEYS, CERTIFICATES, RENEWALS, REQUESTS, TASKS, SIGNATURES, AUTHORIZATIONS),
)

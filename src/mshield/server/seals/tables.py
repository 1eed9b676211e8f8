"""Tables whose rows carry authority, and how their seals are made and checked.

Write access to the database without the master key isn't enough to make a seal (ADR 37). A seal is a keyed
hash of the table's name, the row's version, and the sealed columns (database/sealed_columns.py).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any, Final

import msgspec

from mshield.server.database.interface import Row, SealBroken, Sealer
from mshield.server.database.sealed_columns import SEALED_COLUMNS

_encode: Final = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True)
class SealedTable:
    """Table with sealed rows.

    `logged`: every change enters the transparency log. `permanent`: no row is ever deleted, so a missing one
    was removed by somebody else. `prefix` is the prefix of the columns in a joined statement:
    `sealed(filed_persons AS f)` expands to `f_id` and so on.
    """

    name: str
    prefix: str = ""
    logged: bool = True
    permanent: bool = True
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
        """Primary key column."""
        return self.columns[0]

    @property
    def is_binary(self) -> bool:
        """Whether the key is binary."""
        return self.key in {"uid", "sid", "token_hash", "code_hash"}

    def seal(self, sealer: Sealer, values: Row, *, version: int) -> bytes:
        """Returns the seal (32 bytes) of a row with these values of the sealed columns."""
        return sealer.mac(_encode((self.name, version, *self._sealed(values))))

    def check(self, sealer: Sealer, row: Row) -> None:
        """Raises SealBroken unless the row is as this service wrote it."""
        *values, version, seal = self._read(row)
        if seal is None or not sealer.fits(_encode((self.name, version, *values)), seal):
            raise SealBroken(self.name, values[0])

    def check_joined(self, sealer: Sealer, row: Row) -> None:
        """Like `check`, for an outer join: no-op if the row is missing."""
        if row[self.prefix + self.key] is not None:
            self.check(sealer, row)

    def joined(self, prefix: str) -> "SealedTable":
        """Returns the table for a statement with this column prefix."""
        return replace(self, prefix=prefix)

    def holds(self, sealer: Sealer, row: Row) -> bool:
        """Reports whether the row is as this service wrote it; never raises for bad values."""
        try:
            self.check(sealer, row)
        except (SealBroken, TypeError, ValueError, OverflowError):
            return False
        return True


ACCOUNTS: Final = SealedTable("accounts")
ENTERPRISES: Final = SealedTable("enterprises")
FILED_PERSONS: Final = SealedTable("filed_persons")
PROOFS: Final = SealedTable("identity_proofs")
CODES: Final = SealedTable("identity_codes", logged=False, permanent=False)
IDENTITY_REQUESTS: Final = SealedTable("identity_requests", logged=False)
"""Applicant as displayed to the legal person for confirmation: sealed when requested, never changed."""
CONSENTS: Final = SealedTable("identity_consents", logged=False, permanent=False)
PORTAL_SESSIONS: Final = SealedTable("portal_sessions", permanent=False)
STAFF: Final = SealedTable("staff")
STAFF_TOKENS: Final = SealedTable("staff_tokens")
STAFF_SESSIONS: Final = SealedTable("staff_sessions", permanent=False)
STAFF_FACTORS: Final = SealedTable("staff_factors", permanent=False)
STAFF_SET_UPS: Final = SealedTable("staff_set_ups", permanent=False)
STAFF_CEREMONIES: Final = SealedTable("staff_ceremonies", logged=False, permanent=False)
PHONE_CHANGES: Final = SealedTable("phone_changes")
FILED_PHONE_CHANGES: Final = SealedTable("filed_phone_changes")
APPROVALS: Final = SealedTable("approvals")
PROPOSALS: Final = SealedTable("filing_proposals", logged=False)
SHIELD_ASKS: Final = SealedTable("shield_asks", logged=False)
CLOSINGS: Final = SealedTable("closings")
SYSTEMS: Final = SealedTable("business_systems")
VIEWS: Final = SealedTable("views")
UNSHOWN: Final = SealedTable("unshown_allowances")
OIDC_CLIENTS: Final = SealedTable("oidc_clients", permanent=False)
KEYS: Final = SealedTable("keys", logged=False)
CERTIFICATES: Final = SealedTable("certificates", logged=False)
"""The seal binds the certificate to its holder: made on reservation, never changed.

The certificate's state is in its events.
"""
SUBMISSIONS: Final = SealedTable("ca_submissions", logged=False)
"""The seal covers the state and the outside CA's certificate: only a checked one is accepted and put in force."""
RENEWALS: Final = SealedTable("renewals", logged=False)
AUTHORIZATIONS: Final = SealedTable("oidc_authorizations", logged=False, permanent=False)
"""The seal covers the client's request, the browser, and the signed login request; each step reseals the row."""
REQUESTS: Final = SealedTable("requests", logged=False)
TASKS: Final = SealedTable("tasks", logged=False)
WEBHOOKS: Final = SealedTable("webhook_endpoints", logged=False)
"""Where a business system wants to be notified: sealed when registered, never changed."""
SIGNATURES: Final = SealedTable("signatures", logged=False)
"""The log contains the signatures themselves; the seal binds the version of the key's counters."""

TABLES: Final = (
    *(ACCOUNTS, ENTERPRISES, FILED_PERSONS, PROOFS, CODES, IDENTITY_REQUESTS, CONSENTS, PORTAL_SESSIONS),
    *(STAFF, STAFF_TOKENS, STAFF_SESSIONS, STAFF_FACTORS, STAFF_SET_UPS, STAFF_CEREMONIES),
    *(APPROVALS, PROPOSALS, PHONE_CHANGES, FILED_PHONE_CHANGES, CLOSINGS, SHIELD_ASKS),
    *(SYSTEMS, VIEWS, UNSHOWN, OIDC_CLIENTS, WEBHOOKS),
    *(KEYS, CERTIFICATES, SUBMISSIONS, RENEWALS, REQUESTS, TASKS, SIGNATURES, AUTHORIZATIONS),
)

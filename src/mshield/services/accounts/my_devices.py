"""The devices of an account (R5, manual 3.6): each with its shield, how that stands, and whether it is this phone."""

from dataclasses import dataclass

from mshield.domain.certificates.states import CertificateState, shown_state
from mshield.domain.identity import ROLE_NAMES, Role
from mshield.services.accounts.session import PhoneLogin
from mshield.store.accounts import my_devices as store
from mshield.store.database.interface import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedShield:
    """One device's shield; `state` is `expired` by the clock, whatever is stored. Times in ms."""

    shield_number: str
    state: str
    holds: frozenset[str]
    organisation: str
    role: str
    issued_at: int
    not_after: int
    device_since: int
    used_at: int | None
    is_this_device: bool


async def my_devices(db: Database, login: PhoneLogin, *, now: int) -> tuple[OwnedShield, ...]:
    """The shields of the account that is logged in, this phone's first, then the newest first."""
    rows = await store.of_account(db, account_id=login.account_id)
    shields = [_shown(row, login, now=now) for row in rows]
    return tuple(sorted(shields, key=lambda shield: (not shield.is_this_device, -shield.issued_at)))


def _shown(row: store.AccountShield, login: PhoneLogin, *, now: int) -> OwnedShield:
    return OwnedShield(
        shield_number=row.shield_number,
        state=shown_state(state=CertificateState(row.state), not_after=row.not_after, now=now),
        holds=row.holds,
        organisation=row.organisation,
        role=ROLE_NAMES[Role(row.role)][0],
        issued_at=row.issued_at,
        not_after=row.not_after,
        device_since=row.device_since,
        used_at=row.used_at,
        is_this_device=row.device_id == login.device_id,
    )

"""The services of the console's staff, opened once per process."""

from collections.abc import Iterable
from dataclasses import dataclass

from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.services.staff.approvals import ApprovableAct, Approvals
from mshield.services.staff.changes import StaffChanges
from mshield.services.staff.factors import StaffFactors
from mshield.services.staff.login import StaffLogins
from mshield.services.staff.own_login import OwnLogin
from mshield.services.staff.session import StaffSessions
from mshield.services.staff.set_up import SetUps
from mshield.settings import Settings
from mshield.store.database.interface import Database


@dataclass(frozen=True, slots=True)
class Staff:
    """How staff log in, and what two of them decide."""

    sessions: StaffSessions
    logins: StaffLogins
    set_ups: SetUps
    own_login: OwnLogin
    approvals: Approvals


def open_staff(
    db: Database,
    keyring: Keyring,
    lookup: LookupKey,
    settings: Settings,
    acts: Iterable[ApprovableAct],
) -> Staff:
    """`acts` of other subjects need two members of staff, as changes of the staff itself do."""
    sessions, factors = StaffSessions(db, settings), StaffFactors(db, keyring, settings)
    return Staff(
        sessions=sessions,
        logins=StaffLogins(db, factors, lookup, settings, sessions),
        set_ups=SetUps(db, factors, sessions),
        own_login=OwnLogin(db, factors, settings),
        approvals=Approvals(db, {act.name: act for act in (*StaffChanges(db, settings).acts(), *acts)}),
    )

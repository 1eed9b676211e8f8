"""The services of the console's staff, opened once per process."""

from collections.abc import Iterable
from dataclasses import dataclass

from mshield.services.accounts.change_phone import ChangePhone
from mshield.services.ground import Ground
from mshield.services.staff.approvals import ApprovableAct, Approvals
from mshield.services.staff.change_phone import ChangePhoneByTwo
from mshield.services.staff.changes import StaffChanges
from mshield.services.staff.factors import StaffFactors
from mshield.services.staff.login import StaffLogins
from mshield.services.staff.own_login import OwnLogin
from mshield.services.staff.session import StaffSessions
from mshield.services.staff.set_up import SetUps


@dataclass(frozen=True, slots=True)
class Staff:
    """How staff log in, and what two of them decide."""

    sessions: StaffSessions
    logins: StaffLogins
    set_ups: SetUps
    own_login: OwnLogin
    approvals: Approvals
    change_phone: ChangePhoneByTwo


def open_staff(ground: Ground, change_phone: ChangePhone, acts: Iterable[ApprovableAct]) -> Staff:
    """`acts` of other subjects need two members of staff, as changes of the staff itself and of phone numbers do."""
    sessions, factors = (
        StaffSessions(ground.db, ground.settings),
        StaffFactors(ground.db, ground.keyring, ground.settings),
    )
    by_two = ChangePhoneByTwo(ground.db, ground.keyring, change_phone)
    own = (*StaffChanges(ground.db, ground.settings).acts(), by_two.act())
    return Staff(
        sessions=sessions,
        logins=StaffLogins(ground.db, factors, ground.lookup, ground.settings, sessions),
        set_ups=SetUps(ground.db, factors, sessions),
        own_login=OwnLogin(ground.db, factors, ground.settings),
        approvals=Approvals(ground.db, {act.name: act for act in (*own, *acts)}),
        change_phone=by_two,
    )

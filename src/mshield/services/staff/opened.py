"""The services of the console's staff, opened once per process."""

from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from mshield.services.accounts.phone_wait import PhoneWait
from mshield.services.accounts.search.accounts import FindAccounts
from mshield.services.filing.opened import Filing
from mshield.services.ground import Ground
from mshield.services.staff.approvals import ApprovableAct, Approvals
from mshield.services.staff.change_phone import ChangePhoneByTwo
from mshield.services.staff.changes import StaffChanges
from mshield.services.staff.factors import StaffFactors
from mshield.services.staff.import_filing import ApproveLegalPersons, ImportByStaff
from mshield.services.staff.list_acts import ListActs
from mshield.services.staff.login import StaffLogins
from mshield.services.staff.meant import MeantPeople
from mshield.services.staff.own_login import OwnLogin
from mshield.services.staff.second_factor import SecondFactors
from mshield.services.staff.session import StaffSessions
from mshield.services.staff.set_up import SetUps


@dataclass(frozen=True, slots=True)
class Staff:
    """How staff log in, and what two of them decide."""

    sessions: StaffSessions
    second_factors: SecondFactors
    logins: StaffLogins
    set_ups: SetUps
    own_login: OwnLogin
    approvals: Approvals
    import_filing: ImportByStaff
    change_phone: ChangePhoneByTwo
    meant: MeantPeople
    acts: ListActs


def open_staff(
    ground: Ground,
    filing: Filing,
    accounts: FindAccounts,
    phone_wait: PhoneWait,
    acts: Iterable[ApprovableAct],
) -> Staff:
    """`accounts` are whom words mean, beside the filing.

    `acts` of other subjects need two members of staff, as changes of the staff itself and of phone numbers do.
    """
    sessions, factors = (
        StaffSessions(ground.db, ground.settings),
        StaffFactors(ground.db, ground.keyring, ground.settings),
    )
    second = SecondFactors(ground.db, factors, ground.settings)
    by_two = ChangePhoneByTwo(ground.db, ground.keyring, phone_wait)
    legal_persons = ApproveLegalPersons(filing.legal_persons)
    own = (*StaffChanges(ground.db, ground.settings).acts(), legal_persons.act(), by_two.act())
    meant = MeantPeople(accounts, filing.search)
    approvals = Approvals(ground.db, {act.name: act for act in (*own, *acts)})
    return Staff(
        sessions=sessions,
        second_factors=second,
        logins=StaffLogins(ground.db, second, ground.lookup, ground.settings, sessions),
        set_ups=SetUps(ground.db, factors, sessions),
        own_login=OwnLogin(ground.db, factors, ground.settings),
        approvals=approvals,
        import_filing=ImportByStaff(filing.import_list, filing.legal_persons, approvals),
        change_phone=by_two,
        meant=meant,
        acts=ListActs(ground.db, meant, ZoneInfo(ground.settings.time_zone)),
    )

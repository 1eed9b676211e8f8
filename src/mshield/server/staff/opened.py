"""Services for the console's staff, created once per process."""

from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from mshield.server.accounts.phone_wait import PhoneWait
from mshield.server.accounts.search import FindAccounts
from mshield.server.filing.opened import Filing
from mshield.server.ground import Ground
from mshield.server.staff.approvals import ApprovableAct, Approvals
from mshield.server.staff.change_phone import ChangePhoneByTwo
from mshield.server.staff.changes import StaffChanges
from mshield.server.staff.factors import StaffFactors
from mshield.server.staff.import_filing import ApproveLegalPersons, ApproveOutside, ImportByStaff
from mshield.server.staff.list_acts import ListActs
from mshield.server.staff.login import StaffLogins
from mshield.server.staff.own_login import OwnLogin
from mshield.server.staff.resolve_people import ResolvePeople
from mshield.server.staff.second_factor import SecondFactors
from mshield.server.staff.session import StaffSessions
from mshield.server.staff.set_up import SetUps


@dataclass(frozen=True, slots=True)
class Staff:
    """Services for staff logins and for approvals by two members."""

    sessions: StaffSessions
    second_factors: SecondFactors
    logins: StaffLogins
    set_ups: SetUps
    own_login: OwnLogin
    approvals: Approvals
    import_filing: ImportByStaff
    change_phone: ChangePhoneByTwo
    resolve_people: ResolvePeople
    acts: ListActs


def open_staff(
    ground: Ground,
    filing: Filing,
    accounts: FindAccounts,
    phone_wait: PhoneWait,
    acts: Iterable[ApprovableAct],
) -> Staff:
    """Creates the staff services.

    `accounts` searches accounts for lists that also search the filing. `acts` are acts from elsewhere that
    need two members of staff, in addition to changes of staff, legal persons and phone numbers.
    """
    sessions, factors = (
        StaffSessions(ground.db, ground.settings.console),
        StaffFactors(ground.db, ground.keyring, ground.settings.site),
    )
    second = SecondFactors(ground.db, factors, ground.settings)
    by_two = ChangePhoneByTwo(ground.db, ground.keyring, phone_wait)
    legal_persons = ApproveLegalPersons(filing.legal_persons)
    own = (
        *StaffChanges(ground.db, ground.settings).acts(),
        legal_persons.act(),
        ApproveOutside(filing.legal_persons).act(),
        by_two.act(),
    )
    resolve_people = ResolvePeople(accounts, filing.search)
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
        resolve_people=resolve_people,
        acts=ListActs(ground.db, resolve_people, ZoneInfo(ground.settings.site.time_zone)),
    )

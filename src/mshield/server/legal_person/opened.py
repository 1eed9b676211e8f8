"""Services of the legal person's portal, created once per process."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from mshield.server.accounts.opened import Accounts
from mshield.server.accounts.outside_pages import OutsidePages
from mshield.server.ground import Ground
from mshield.server.identity.after_reset import WaitAfterReset
from mshield.server.identity.opened import Identity
from mshield.server.legal_person.act import ManageShields
from mshield.server.legal_person.asks import AskLegalPerson
from mshield.server.legal_person.lists import ManagedLists
from mshield.server.legal_person.outside_login import RETURN_POINT, PortalOutsideLogin
from mshield.server.legal_person.own_shield import OwnShield
from mshield.server.legal_person.power import PowerAtPortal
from mshield.server.legal_person.proving import ProveAgain
from mshield.server.legal_person.session import PortalSessions
from mshield.server.legal_person.vouch import VouchForOperators
from mshield.server.requests.opened import Requests


@dataclass(frozen=True, slots=True)
class LegalPersons:
    """Services for legal persons at the portal."""

    sessions: PortalSessions
    outside_login: PortalOutsideLogin
    lists: ManagedLists
    shields: ManageShields
    own_shield: OwnShield
    vouch: VouchForOperators
    asks: AskLegalPerson


def open_legal_persons(
    ground: Ground, accounts: Accounts, identity: Identity, requests: Requests
) -> LegalPersons:
    """Creates the services; `requests` creates requests for signatures by the legal person's own shield."""
    power = PowerAtPortal(ground.db, WaitAfterReset(ground.db, ground.settings.identity), identity.proofs)
    sessions = PortalSessions(
        ground.db,
        ground.keyring,
        ground.settings,
        accounts.log_in,
        accounts.sms_codes,
        identity.proofs,
        identity.codes,
        power,
    )
    own_shield = OwnShield(ground.db, requests.own_system)
    prove = ProveAgain(accounts.sms_codes, own_shield, power)
    return LegalPersons(
        sessions=sessions,
        outside_login=PortalOutsideLogin(
            OutsidePages(ground.db, ground.keyring, ground.settings, accounts.outside, RETURN_POINT), sessions
        ),
        lists=ManagedLists(
            ground.db,
            ground.keyring,
            ground.lookup,
            identity.proofs,
            identity.of_people,
            ZoneInfo(ground.settings.site.time_zone),
        ),
        shields=ManageShields(ground.db, prove),
        own_shield=own_shield,
        vouch=VouchForOperators(ground.db, prove, own_shield, identity.confirm, identity.codes),
        asks=AskLegalPerson(ground.db),
    )

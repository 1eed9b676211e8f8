"""The services of the legal person's portal, opened once per process."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from mshield.services.accounts.opened import Accounts
from mshield.services.accounts.outside_pages import OutsidePages
from mshield.services.ground import Ground
from mshield.services.identity.after_reset import WaitAfterReset
from mshield.services.identity.opened import Identity
from mshield.services.legal_person.act import ManageShields
from mshield.services.legal_person.asks import AskLegalPerson
from mshield.services.legal_person.lists import ManagedLists
from mshield.services.legal_person.outside_login import RETURN_POINT, PortalOutsideLogin
from mshield.services.legal_person.own_shield import OwnShield
from mshield.services.legal_person.power import PowerAtPortal
from mshield.services.legal_person.proving import ProveAgain
from mshield.services.legal_person.session import PortalSessions
from mshield.services.legal_person.vouch import VouchForOperators
from mshield.services.requests.opened import Requests


@dataclass(frozen=True, slots=True)
class LegalPersons:
    """What legal persons do at the portal."""

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
    """`requests` ask for the signature of who revokes with their own shield."""
    power = PowerAtPortal(ground.db, WaitAfterReset(ground.db, ground.settings), identity.proofs)
    sessions = PortalSessions(
        ground.db, ground.keyring, ground.settings, accounts.log_in, accounts.sms_codes, identity, power
    )
    own_shield = OwnShield(ground.db, requests.own_system, requests.ask)
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
            ZoneInfo(ground.settings.time_zone),
        ),
        shields=ManageShields(ground.db, prove),
        own_shield=own_shield,
        vouch=VouchForOperators(ground.db, prove, own_shield, identity.confirm, identity.codes),
        asks=AskLegalPerson(ground.db),
    )

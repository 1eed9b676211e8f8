"""The services of the legal person's portal, opened once per process."""

from dataclasses import dataclass

from mshield.keys.keyring import Keyring
from mshield.services.accounts.opened import Accounts
from mshield.services.accounts.outside_pages import OutsidePages
from mshield.services.legal_person.act import ManageShields
from mshield.services.legal_person.lists import ManagedLists
from mshield.services.legal_person.outside_login import RETURN_POINT, PortalOutsideLogin
from mshield.services.legal_person.own_shield import OwnShield
from mshield.services.legal_person.session import PortalSessions
from mshield.services.requests.ask import Ask
from mshield.settings import Settings
from mshield.store.database.interface import Database


@dataclass(frozen=True, slots=True)
class LegalPersons:
    """What legal persons do at the portal."""

    sessions: PortalSessions
    outside_login: PortalOutsideLogin
    lists: ManagedLists
    shields: ManageShields
    own_shield: OwnShield


def open_legal_persons(
    db: Database, keyring: Keyring, settings: Settings, accounts: Accounts, ask: Ask
) -> LegalPersons:
    """`ask` asks for the signature of who revokes with their own shield."""
    sessions = PortalSessions(db, keyring, settings, accounts.log_in, accounts.sms_codes)
    own_shield = OwnShield(db, settings, ask)
    return LegalPersons(
        sessions=sessions,
        outside_login=PortalOutsideLogin(
            OutsidePages(db, keyring, settings, accounts.outside, RETURN_POINT), sessions
        ),
        lists=ManagedLists(db, keyring),
        shields=ManageShields(db, accounts.sms_codes, own_shield),
        own_shield=own_shield,
    )

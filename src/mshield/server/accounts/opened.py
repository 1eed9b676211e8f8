"""Account services, created once per process."""

from dataclasses import dataclass

from mshield.server.accounts.captchas import Captchas
from mshield.server.accounts.change_phone import ChangePhone
from mshield.server.accounts.login import LogIn
from mshield.server.accounts.manage import ManageAccounts
from mshield.server.accounts.outside_accounts import OutsideAccounts, account_sources
from mshield.server.accounts.outside_login import RETURN_POINT, OutsideLogin
from mshield.server.accounts.outside_pages import OutsidePages
from mshield.server.accounts.phone_wait import PhoneWait
from mshield.server.accounts.policy_consents import Consents
from mshield.server.accounts.policy_documents import read_policies
from mshield.server.accounts.register import Register
from mshield.server.accounts.reset_password import ChangePassword, ResetPassword
from mshield.server.accounts.search import FindAccounts
from mshield.server.accounts.sms_codes import SmsCodes
from mshield.server.ground import Ground
from mshield.server.identity.opened import Identity
from mshield.server.identity.real_name import CheckRealName
from mshield.server.notices.opened import Notices
from mshield.server.runtime.external.places import Places


@dataclass(frozen=True, slots=True)
class Accounts:
    """Services for people's accounts."""

    captchas: Captchas
    sms_codes: SmsCodes
    register: Register
    log_in: LogIn
    reset_password: ResetPassword
    change_password: ChangePassword
    change_phone: ChangePhone
    phone_wait: PhoneWait
    manage: ManageAccounts
    search: FindAccounts
    outside: OutsideAccounts
    outside_login: OutsideLogin
    real_name: CheckRealName
    consents: Consents
    places: Places


def open_accounts(ground: Ground, notices: Notices, identity: Identity) -> Accounts:
    """Creates the services; `notices` sends SMS codes too, `identity` carries proofs over to a new phone number."""
    proofs = identity.proofs
    captchas = Captchas(ground.db, ground.keyring, ground.lookup, ground.settings.accounts)
    sms_codes = SmsCodes(ground.db, ground.lookup, ground.settings.accounts, notices.sms, ground.security)
    consents = Consents(ground.db, read_policies(ground.settings))
    outside = OutsideAccounts(
        ground.db, ground.keyring, ground.lookup, account_sources(ground.settings.accounts), proofs, consents
    )
    log_in = LogIn(ground.db, ground.lookup, ground.settings.accounts, captchas, outside)
    change_phone = ChangePhone(ground.db, sms_codes, notices.notify, proofs)
    return Accounts(
        captchas=captchas,
        sms_codes=sms_codes,
        register=Register(ground.db, ground.keyring, ground.lookup, sms_codes, consents),
        log_in=log_in,
        reset_password=ResetPassword(ground.db, ground.lookup, sms_codes),
        change_password=ChangePassword(ground.db, ground.lookup, ground.settings.accounts),
        change_phone=change_phone,
        phone_wait=PhoneWait(ground.db, ground.settings.accounts, change_phone),
        manage=ManageAccounts(ground.db, ground.settings.portal),
        search=FindAccounts(ground.db, ground.keyring, ground.lookup),
        outside=outside,
        outside_login=OutsideLogin(
            OutsidePages(ground.db, ground.keyring, ground.settings, outside, RETURN_POINT), log_in
        ),
        real_name=CheckRealName(ground.db, ground.keyring, proofs, identity.real_name, sms_codes.consume),
        consents=consents,
        places=Places.read(ground.settings.site.places_file),
    )

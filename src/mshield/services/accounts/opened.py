"""The services of accounts, opened once per process."""

from dataclasses import dataclass

from mshield.gateways.places import Places
from mshield.services.accounts.captcha.captchas import Captchas
from mshield.services.accounts.change_phone import ChangePhone
from mshield.services.accounts.login import LogIn
from mshield.services.accounts.manage import ManageAccounts
from mshield.services.accounts.outside import OutsideAccounts, account_sources
from mshield.services.accounts.outside_login import RETURN_POINT, OutsideLogin
from mshield.services.accounts.outside_pages import OutsidePages
from mshield.services.accounts.phone_wait import PhoneWait
from mshield.services.accounts.policies.consents import Consents
from mshield.services.accounts.policies.documents import read_policies
from mshield.services.accounts.register import Register
from mshield.services.accounts.reset_password import ChangePassword, ResetPassword
from mshield.services.accounts.search.accounts import FindAccounts
from mshield.services.accounts.sms_codes import SmsCodes
from mshield.services.ground import Ground
from mshield.services.identity.opened import Identity
from mshield.services.identity.real_name import CheckRealName
from mshield.services.notices.opened import Notices


@dataclass(frozen=True, slots=True)
class Accounts:
    """What is done with people's accounts."""

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
    """`notices` send the codes too; `identity` is whose the accounts are, carried over to another number."""
    proofs = identity.proofs
    captchas = Captchas(ground.db, ground.keyring, ground.lookup, ground.settings)
    sms_codes = SmsCodes(ground.db, ground.lookup, ground.settings, notices.sms, ground.security)
    consents = Consents(ground.db, read_policies(ground.settings))
    outside = OutsideAccounts(
        ground.db, ground.keyring, ground.lookup, account_sources(ground.settings), proofs, consents
    )
    log_in = LogIn(ground.db, ground.lookup, ground.settings, captchas, outside)
    change_phone = ChangePhone(ground.db, sms_codes, notices.notify, proofs)
    return Accounts(
        captchas=captchas,
        sms_codes=sms_codes,
        register=Register(ground.db, ground.keyring, ground.lookup, sms_codes, consents),
        log_in=log_in,
        reset_password=ResetPassword(ground.db, ground.lookup, sms_codes),
        change_password=ChangePassword(ground.db, ground.lookup, ground.settings),
        change_phone=change_phone,
        phone_wait=PhoneWait(ground.db, ground.settings, change_phone),
        manage=ManageAccounts(ground.db, ground.settings),
        search=FindAccounts(ground.db, ground.keyring, ground.lookup),
        outside=outside,
        outside_login=OutsideLogin(
            OutsidePages(ground.db, ground.keyring, ground.settings, outside, RETURN_POINT), log_in
        ),
        real_name=CheckRealName(ground.db, ground.keyring, proofs, identity.real_name, sms_codes.consume),
        consents=consents,
        places=Places.read(ground.settings.places_file),
    )

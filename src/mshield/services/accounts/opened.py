"""The services of accounts, opened once per process."""

from dataclasses import dataclass

from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.services.accounts.captcha import Captchas
from mshield.services.accounts.change_phone import ChangePhone
from mshield.services.accounts.login import LogIn
from mshield.services.accounts.manage import ManageAccounts
from mshield.services.accounts.outside import OutsideAccounts, account_sources
from mshield.services.accounts.outside_login import RETURN_POINT, OutsideLogin
from mshield.services.accounts.outside_pages import OutsidePages
from mshield.services.accounts.register import Register
from mshield.services.accounts.reset_password import ResetPassword
from mshield.services.accounts.sms_codes import SmsCodes
from mshield.services.notices.sms_log import LoggedSms
from mshield.settings import Settings
from mshield.store.database.interface import Database


@dataclass(frozen=True, slots=True)
class Accounts:
    """What is done with people's accounts."""

    captchas: Captchas
    sms_codes: SmsCodes
    register: Register
    log_in: LogIn
    reset_password: ResetPassword
    change_phone: ChangePhone
    manage: ManageAccounts
    outside: OutsideAccounts
    outside_login: OutsideLogin


def open_accounts(
    db: Database, keyring: Keyring, lookup: LookupKey, settings: Settings, sms: LoggedSms
) -> Accounts:
    """`sms` sends the codes and notices."""
    captchas = Captchas(db, keyring, settings)
    sms_codes = SmsCodes(db, lookup, settings, sms)
    outside = OutsideAccounts(db, keyring, lookup, account_sources(settings))
    log_in = LogIn(db, lookup, settings, captchas, outside)
    return Accounts(
        captchas=captchas,
        sms_codes=sms_codes,
        register=Register(db, keyring, lookup, sms_codes),
        log_in=log_in,
        reset_password=ResetPassword(db, lookup, sms_codes),
        change_phone=ChangePhone(db, sms),
        manage=ManageAccounts(db, settings),
        outside=outside,
        outside_login=OutsideLogin(OutsidePages(db, keyring, settings, outside, RETURN_POINT), log_in),
    )

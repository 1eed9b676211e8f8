"""The services of notices (通知), opened once per process."""

from dataclasses import dataclass

from mshield.gateways.sms import SmsGateway
from mshield.keys.secrets import LookupKey
from mshield.services.notices.notify import Notify
from mshield.services.notices.sms_log import LoggedSms
from mshield.settings import Settings
from mshield.store.database.interface import Database


@dataclass(frozen=True, slots=True)
class Notices:
    """What people are told by SMS; `sms` records each message that `gateway` sends."""

    gateway: SmsGateway
    sms: LoggedSms
    notify: Notify


def open_notices(db: Database, lookup: LookupKey, settings: Settings, gateway: SmsGateway) -> Notices:
    """All SMS of the service go through `sms`."""
    sms = LoggedSms(db, lookup, gateway)
    return Notices(gateway=gateway, sms=sms, notify=Notify(db, settings, sms))

"""The services of notices (通知), opened once per process."""

from dataclasses import dataclass

from mshield.gateways.sms import SmsGateway
from mshield.services.ground import Ground
from mshield.services.notices.notify import Notify
from mshield.services.notices.push import Push
from mshield.services.notices.sms_log import LoggedSms


@dataclass(frozen=True, slots=True)
class Notices:
    """What people are told by SMS and by push; `sms` records each message that `gateway` sends."""

    gateway: SmsGateway
    sms: LoggedSms
    notify: Notify
    push: Push


def open_notices(ground: Ground, gateway: SmsGateway) -> Notices:
    """All SMS of the service go through `sms`."""
    sms = LoggedSms(ground.db, ground.lookup, gateway)
    push = Push(ground.db, ground.keyring, ground.settings, ground.clock)
    return Notices(gateway=gateway, sms=sms, notify=Notify(ground.db, ground.settings, sms), push=push)

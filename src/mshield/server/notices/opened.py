"""Services for notices (通知), created once per process."""

from dataclasses import dataclass

from mshield.server.ground import Ground
from mshield.server.notices.external.sms import SmsGateway
from mshield.server.notices.notify import Notify
from mshield.server.notices.push import Push
from mshield.server.notices.sms_log import LoggedSms


@dataclass(frozen=True, slots=True)
class Notices:
    """Services for SMS and push; `sms` logs each message that it sends through `gateway`."""

    gateway: SmsGateway
    sms: LoggedSms
    notify: Notify
    push: Push


def open_notices(ground: Ground, gateway: SmsGateway) -> Notices:
    """Creates the notice services. All SMS of the service must be sent through `sms`."""
    sms = LoggedSms(ground.db, ground.lookup, gateway)
    push = Push(ground.db, ground.keyring, ground.settings, ground.clock)
    return Notices(gateway=gateway, sms=sms, notify=Notify(ground.db, ground.settings, sms), push=push)

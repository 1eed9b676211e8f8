"""An unverified account requests the consent of a shield that the same person already has (现有手机盾同意).

The old phone scans a code on the new phone's screen. So requests can't be sent to a phone that isn't at hand,
and knowing a name and an ID number reveals nothing about that person's shields.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from mshield.server.accounts.rows.accounts import Account
from mshield.server.certificates.rows.enrolment import FiledPerson
from mshield.server.database.interface import Database
from mshield.server.errors import Forbidden, TooManyRequests
from mshield.server.identity.confirm import Place
from mshield.server.identity.consents import CONSENT, terms
from mshield.server.identity.own_record import own_record
from mshield.server.identity.proofs import Proofs
from mshield.server.identity.rows import consents as store
from mshield.server.requests.ask import CreatedRequest
from mshield.server.requests.document import Document
from mshield.server.requests.own_system import OwnSystem, own_document
from mshield.server.runtime.throttle import limit_calls
from mshield.server.values.browser_name import browser_name
from mshield.server.values.names import mask_phone
from mshield.server.values.throttling import whole_seconds
from mshield.wire.identity import ROLE_NAMES, Role, Way
from mshield.wire.times import DAY_MS

MOST_A_DAY: Final = 10
_SCOPE: Final = "identity_consent"


@dataclass(frozen=True, slots=True)
class AskConsent:
    """Creates the request that the old phone scans."""

    db: Database
    system: OwnSystem
    proofs: Proofs

    async def __call__(
        self, account: Account, *, credit_code: str, role: str, place: Place, now: int
    ) -> CreatedRequest:
        """Creates the request.

        Raises: Forbidden (this way is disabled in the settings), TooManyRequests (more than ten a day, or
        within a day after a phone reported the request as somebody else's), and as `own_record`.
        """
        person = await own_record(self.db, account, credit_code=credit_code, role=role)
        if Way.OWN_SHIELD not in self.proofs.chosen(Role(person.role)):
            raise Forbidden(reason=Way.OWN_SHIELD.value)
        refused_at = await store.refused_at(self.db, account_id=account.id)
        if refused_at is not None and refused_at > now - DAY_MS:
            raise TooManyRequests(retry_after=whole_seconds(refused_at + DAY_MS - now))
        await limit_calls(self.db, scope=_SCOPE, subject=account.id, most=MOST_A_DAY, window=DAY_MS, now=now)
        request = await self.system.create(
            "signature",
            (self._document(account, person, place, now=now),),
            address=place.address,
            browser=place.browser if _device(place) else None,
            now=now,
        )
        # Insert this row after the request: if it is missing after a crash, the document can't be signed.
        consent = store.NewConsent(
            request_id=request.id, account_id=account.id, person_id=person.id, phone=account.phone
        )
        await self.db.write(lambda tx: store.insert(tx, consent))
        return request

    def _document(self, account: Account, person: FiledPerson, place: Place, *, now: int) -> Document:
        lines = self._display(account, person, place, now=now)
        consent = terms(account.id, person.id)
        return own_document("同意：另一个账号也是我本人", consent, lines, now=now, purpose=CONSENT)

    def _display(
        self, account: Account, person: FiledPerson, place: Place, *, now: int
    ) -> tuple[tuple[str, str], ...]:
        # Use at most as many lines as the phone displays at once, beginning with the warning.
        zone = ZoneInfo(self.system.ask.settings.site.time_zone)
        at = dt.datetime.fromtimestamp(now / 1000, zone).strftime("%Y-%m-%d %H:%M")
        hours = self.proofs.settings.wait_hours
        when = f"{hours} 小时后" if hours else "马上"
        return (
            ("同意后", f"{when}，这个账号可以用您的名义申请手机盾，代表您签名"),
            ("请注意", "二维码要在您自己的新手机上。别人发来的、网页上的，请点“不是我发起的”"),
            ("新账号手机号", mask_phone(account.phone)),
            ("新手机", _device(place) or "不明"),
            ("网络地址", place.address or "不明"),
            ("时间", at),
            ("企业", f"{person.organisation}，{ROLE_NAMES[Role(person.role)][0]}"),
        )


def _device(place: Place) -> str:
    """Returns the device's system and browser, empty if unknown.

    The signing phone displays it, so it must not contain any text chosen by the requester.
    """
    return browser_name(place.browser or "")

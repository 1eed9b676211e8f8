"""An unproven account asks for the consent of a shield that its person has (现有手机盾同意).

By a code on the new phone's screen, which the old one scans: so nobody can send anything to a phone that they don't
have before them, and whoever knows a name and a number learns nothing of its shields.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from mshield.domain import errors
from mshield.domain.browser_name import browser_name
from mshield.domain.identity import ROLE_NAMES, Role, mask_phone
from mshield.domain.proofs import Way
from mshield.domain.throttling import whole_seconds
from mshield.domain.times import DAY_MS
from mshield.services.accounts.throttle import limit_calls
from mshield.services.identity.confirm import Place
from mshield.services.identity.consents import CONSENT, terms
from mshield.services.identity.own_record import own_record
from mshield.services.identity.proofs import Proofs
from mshield.services.requests.ask import Ask, Asked
from mshield.services.requests.document import Document
from mshield.services.requests.own_system import OwnSystem, own_document
from mshield.store.accounts.accounts import Account
from mshield.store.certificates.enrolment import FiledPerson
from mshield.store.database.interface import Database
from mshield.store.identity import consents as store

MOST_A_DAY: Final = 10
_SCOPE: Final = "identity_consent"


@dataclass(frozen=True, slots=True)
class AskConsent:
    """Makes the request that the old phone scans."""

    db: Database
    ask: Ask
    system: OwnSystem
    proofs: Proofs

    async def __call__(
        self, account: Account, *, credit_code: str, role: str, place: Place, now: int
    ) -> Asked:
        """The request.

        Raises as `own_record`, Forbidden where the settings take this way out, TooManyRequests for the eleventh within
        a day, and for a day after a phone said that somebody else asks.
        """
        person = await own_record(self.db, account, credit_code=credit_code, role=role)
        if Way.OWN_SHIELD not in self.proofs.chosen(Role(person.role)):
            raise errors.Forbidden(reason=Way.OWN_SHIELD.value)
        refused_at = await store.refused_at(self.db, account_id=account.id)
        if refused_at is not None and refused_at > now - DAY_MS:
            raise errors.TooManyRequests(retry_after=whole_seconds(refused_at + DAY_MS - now))
        await limit_calls(self.db, scope=_SCOPE, subject=account.id, most=MOST_A_DAY, window=DAY_MS, now=now)
        asked = await self.ask.create(
            await self.system(now=now),
            kind="signature",
            documents=(self._document(account, person, place, now=now),),
            pc_address=place.address,
            pc_browser=place.browser if _device(place) else None,
            idempotency_key=None,
            body=b"",
            now=now,
        )
        # After the request: without this row, as a crash would leave it, its document can't be signed.
        consent = store.NewConsent(
            request_id=asked.id, account_id=account.id, person_id=person.id, phone=account.phone
        )
        await self.db.write(lambda tx: store.insert(tx, consent))
        return asked

    def _document(self, account: Account, person: FiledPerson, place: Place, *, now: int) -> Document:
        lines = self._display(account, person, place, now=now)
        consent = terms(account.id, person.id)
        return own_document("同意：另一个账号也是我本人", consent, lines, now=now, purpose=CONSENT)

    def _display(
        self, account: Account, person: FiledPerson, place: Place, *, now: int
    ) -> tuple[tuple[str, str], ...]:
        # As many lines as the phone shows at once; what warns stands first.
        zone = ZoneInfo(self.ask.settings.time_zone)
        at = dt.datetime.fromtimestamp(now / 1000, zone).strftime("%Y-%m-%d %H:%M")
        hours = self.proofs.settings.identity_wait_hours
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
    """What is known of it. Nothing that the asker could put into words: the phone that signs shows it."""
    return browser_name(place.browser or "")

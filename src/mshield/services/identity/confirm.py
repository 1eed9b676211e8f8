"""An operator's legal person confirms who they are (请法人确认): asked on the phone, answered in the portal."""

from dataclasses import dataclass
from typing import Final, Literal

from mshield.domain import errors
from mshield.domain.actor import By
from mshield.domain.id_numbers import ACCOUNT_BOX
from mshield.domain.identity import Role, mask_id_number, mask_phone
from mshield.domain.ids import new_id
from mshield.domain.notices import NoticeKind
from mshield.domain.proofs import REMIND_MS, REQUEST_MS, Way
from mshield.keys.keyring import Keyring
from mshield.services.identity import daily
from mshield.services.identity.own_record import own_record
from mshield.services.identity.proofs import Proofs
from mshield.services.notices.notify import tell
from mshield.store.accounts.accounts import Account, get_account
from mshield.store.database.interface import Conflict, Database, Tx
from mshield.store.identity import requests as store
from mshield.store.staff import acts

Decision = Literal["confirm", "refuse"]
MOST_A_DAY: Final = 3
_SCOPE: Final = "identity_request"
_STATES: Final = {"confirm": "confirmed", "refuse": "refused"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the request comes from, as far as it is known."""

    address: str | None
    browser: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A request as the legal person sees it; numbers are masked, times in ms.

    `same_phone` is None where no phone number is on file.
    """

    id: str
    state: str
    person_id: str
    name: str
    filed_name: str
    id_type: str
    id_number_masked: str
    role: str
    phone_masked: str
    filed_phone_masked: str | None
    same_phone: bool | None
    shields: int
    address: str | None
    browser: str | None
    asked_at: int
    expires_at: int
    decided_at: int | None


@dataclass(frozen=True, slots=True)
class ConfirmOperators:
    """Asks legal persons, and takes their answers."""

    db: Database
    keyring: Keyring
    proofs: Proofs

    async def ask(
        self, account: Account, *, credit_code: str, role: str, place: Place, now: int
    ) -> store.OwnRequest:
        """Asks the enterprise's legal person, who is told; gives the request.

        Raises as `own_record`, Forbidden for a legal person, NoLegalPerson where nobody could answer, Conflict while
        one waits, TooManyRequests for the fourth of an account within a day. The legal person is told by SMS of three a
        day about one person, and sees them all.
        """
        person = await own_record(self.db, account, credit_code=credit_code, role=role)
        if Role(person.role) is Role.LEGAL_PERSON:
            raise errors.Forbidden(reason="legal_person")
        request = store.NewRequest(
            id=new_id(now),
            account_id=account.id,
            person_id=person.id,
            address=place.address,
            browser=place.browser,
            expires_at=now + REQUEST_MS,
        )

        async def work(tx: Tx) -> None:
            answering = await store.legal_persons(tx, credit_code=person.credit_code, now=now)
            if not answering:
                raise errors.NoLegalPerson
            await store.insert(tx, request, now=now)
            await daily.count(tx, scope=_SCOPE, subject=account.id, most=MOST_A_DAY, now=now)
            # Strangers with accounts of that name must not keep the true one from asking: only the messages are fewer.
            if await daily.is_within(tx, scope=_SCOPE, subject=person.id, most=MOST_A_DAY, now=now):
                await self._tell(tx, answering, occasion=request.id, now=now)

        try:
            await self.db.write(work)
        except Conflict as error:
            raise errors.Conflict from error
        return await self._current(account.id, now=now)

    async def withdraw(self, account_id: str, *, now: int) -> None:
        """Takes the request back. Raises NotFound."""
        if not await self.db.write(lambda tx: store.withdraw(tx, account_id=account_id, now=now)):
            raise errors.NotFound

    async def remind(self, account_id: str, *, now: int) -> store.OwnRequest:
        """Tells the legal person again. Raises NotFound; TooManyRequests within four hours."""
        row = await self.newest(account_id, now=now)
        if row is None or row.state != "waiting":
            raise errors.NotFound

        async def work(tx: Tx) -> bool:
            if not await store.remind(tx, account_id=account_id, before=now - REMIND_MS, now=now):
                return False
            answering = await store.legal_persons(tx, credit_code=row.credit_code, now=now)
            await self._tell(tx, answering, occasion=f"{row.id} {now}", now=now)
            return True

        if not await self.db.write(work):
            raise errors.TooManyRequests(retry_after=(row.remind_from - now) // 1000 + 1)
        return await self._current(account_id, now=now)

    async def newest(self, account_id: str, *, now: int) -> store.OwnRequest | None:
        """The account's last request, or None."""
        return await store.newest(self.db, account_id=account_id, now=now)

    async def page(
        self, credit_code: str, *, state: str, before: str, limit: int, now: int
    ) -> list[Application]:
        """Requests to the enterprise's legal person, the newest first."""
        rows = await store.page(
            self.db, credit_code=credit_code, state=state, before=before, page_size=limit, now=now
        )
        return [self._shown(row) for row in rows]

    async def counts(self, credit_code: str) -> dict[str, int]:
        """How many there are in each state."""
        return await store.counts(self.db, credit_code=credit_code)

    async def person_of(self, request_id: str, *, credit_code: str) -> str:
        """The filed person whom a request is about. Raises NotFound for another enterprise's."""
        row = await store.find(self.db, request_id=request_id, credit_code=credit_code)
        if row is None:
            raise errors.NotFound
        person_id: str = row["f_id"]
        return person_id

    async def phone_of(self, request_id: str, *, credit_code: str) -> str:
        """The masked number of the account that asks. Raises NotFound for another enterprise's request."""
        row = await store.find(self.db, request_id=request_id, credit_code=credit_code)
        account = None if row is None else await get_account(self.db, account_id=row["r_account_id"])
        if account is None:
            raise errors.NotFound
        return mask_phone(account.phone)

    async def refuse(self, request_id: str, *, credit_code: str, by: By, now: int) -> None:
        """The legal person says that it isn't them: final, and nobody gets anything. Raises what `decide_in` raises."""
        await self.db.write(
            lambda tx: self.decide_in(tx, request_id, "refuse", credit_code=credit_code, by=by, now=now)
        )

    async def decide_in(
        self, tx: Tx, request_id: str, decision: Decision, *, credit_code: str, by: By, now: int
    ) -> None:
        """The legal person's answer, final, in the transaction that spends what proves that it is theirs.

        Raises NotFound for another enterprise's request, RequestClosed for one that is over, NoFiling for a person who
        has left the file meanwhile.
        """
        row = await store.find(tx, request_id=request_id, credit_code=credit_code)
        if row is None:
            raise errors.NotFound
        if row["f_ended_at"] is not None and decision == "confirm":
            raise errors.NoFiling
        assert by.id is not None  # noqa: S101  # a legal person has an account
        if not await store.decide(tx, request_id=request_id, state=_STATES[decision], by=by.id, now=now):
            raise errors.RequestClosed
        if decision == "confirm":
            await self.proofs.record(
                tx, row["r_account_id"], row["r_person_id"], Way.LEGAL_PERSON, by=by, now=now
            )
        else:
            details = {"person": row["r_person_id"]}
            await acts.record(
                tx, by=by, act="identity.refuse", subject=row["r_account_id"], details=details, now=now
            )
        await tell(
            tx, NoticeKind.IDENTITY_DECIDED, account_id=row["r_account_id"], occasion=request_id, now=now
        )

    async def _current(self, account_id: str, *, now: int) -> store.OwnRequest:
        row = await self.newest(account_id, now=now)
        if row is None:
            raise errors.NotFound
        return row

    async def _tell(self, tx: Tx, accounts: list[str], *, occasion: str, now: int) -> None:
        for account_id in accounts:
            await tell(tx, NoticeKind.CONFIRM_IDENTITY, account_id=account_id, occasion=occasion, now=now)

    def _shown(self, row: store.RequestRow) -> Application:
        number = self.keyring.open(
            row.id_number_box, purpose=ACCOUNT_BOX, context=row.account_id.encode()
        ).decode()
        return Application(
            id=row.id,
            state=row.state,
            person_id=row.person_id,
            name=row.account_name,
            filed_name=row.filed_name,
            id_type=row.id_type,
            id_number_masked=mask_id_number(number),
            role=row.role,
            phone_masked=mask_phone(row.account_phone),
            filed_phone_masked=None if row.filed_phone is None else mask_phone(row.filed_phone),
            same_phone=None if row.filed_phone is None else row.filed_phone == row.account_phone,
            shields=row.shields,
            address=row.address,
            browser=row.browser,
            asked_at=row.asked_at,
            expires_at=row.expires_at,
            decided_at=row.decided_at,
        )

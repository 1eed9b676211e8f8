"""Confirmation of an operator by the legal person (请法人确认): requested by phone, answered in the portal."""

from dataclasses import dataclass
from typing import Final

from mshield.server import errors as server_errors
from mshield.server.accounts.rows.accounts import Account, get_account
from mshield.server.acts.actor import By
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Conflict, Database, Tx
from mshield.server.errors import Forbidden, NotFound, TooManyRequests
from mshield.server.filing.errors import NoFiling
from mshield.server.identity import daily
from mshield.server.identity.errors import NoLegalPerson
from mshield.server.identity.own_record import own_record
from mshield.server.identity.proofs import Proofs
from mshield.server.identity.rows import requests as store
from mshield.server.identity.rules import REMIND_MS, REQUEST_MS
from mshield.server.keys.keyring import Keyring
from mshield.server.notices.notify import notify_account
from mshield.server.notices.rules.notices import NoticeKind
from mshield.server.requests.errors import RequestClosed
from mshield.server.values.id_numbers import ACCOUNT_BOX
from mshield.server.values.names import mask_id_number, mask_phone
from mshield.wire.identity import Role, Way
from mshield.wire.ids import new_id
from mshield.wire.portal import ApplicationDecision, ApplicationMessage

MOST_A_DAY: Final = 3
_SCOPE: Final = "identity_request"
_STATES: Final = {"confirm": "confirmed", "refuse": "refused"}


@dataclass(frozen=True, slots=True)
class Place:
    """Origin of the request, as far as known."""

    address: str | None
    browser: str | None


@dataclass(frozen=True, slots=True)
class ConfirmOperators:
    """Sends operators' requests to legal persons, and processes the answers."""

    db: Database
    keyring: Keyring
    proofs: Proofs

    async def ask(
        self, account: Account, *, credit_code: str, role: str, place: Place, now: int
    ) -> store.OwnRequest:
        """Asks the enterprise's legal person for confirmation, notifies them, and returns the request.

        Raises: what `own_record` raises, Forbidden (a legal person), NoLegalPerson (nobody could answer),
        Conflict (a request is waiting), TooManyRequests (the account's fourth within a day). The legal person
        gets an SMS for at most three requests a day about one person, and sees all of them in the portal.
        """
        person = await own_record(self.db, account, credit_code=credit_code, role=role)
        if Role(person.role) is Role.LEGAL_PERSON:
            raise Forbidden(reason="legal_person")
        request = store.NewRequest(
            id=new_id(now),
            account_id=account.id,
            person_id=person.id,
            address=place.address,
            browser=place.browser,
            expires_at=now + REQUEST_MS,
        )

        async def work(tx: Tx) -> None:
            legal_persons = await store.legal_persons(tx, credit_code=person.credit_code, now=now)
            if not legal_persons:
                raise NoLegalPerson
            await store.insert(tx, request, now=now)
            await daily.count(tx, scope=_SCOPE, subject=account.id, most=MOST_A_DAY, now=now)
            # Limit only the SMS here, so that strangers with accounts of the same name can't prevent the real
            # person's request.
            if await daily.is_within(tx, scope=_SCOPE, subject=person.id, most=MOST_A_DAY, now=now):
                await self._notify(tx, legal_persons, occasion=request.id, now=now)

        try:
            await self.db.write(work)
        except Conflict as error:
            raise server_errors.Conflict from error
        return await self._current(account.id, now=now)

    async def withdraw(self, account_id: str, *, now: int) -> None:
        """Withdraws the account's request. Raises: NotFound."""
        if not await self.db.write(lambda tx: store.withdraw(tx, account_id=account_id, now=now)):
            raise NotFound

    async def remind(self, account_id: str, *, now: int) -> store.OwnRequest:
        """Notifies the legal person again. Raises: NotFound, TooManyRequests (within four hours)."""
        row = await self.newest(account_id, now=now)
        if row is None or row.state != "waiting":
            raise NotFound

        async def work(tx: Tx) -> bool:
            if not await store.remind(tx, account_id=account_id, before=now - REMIND_MS, now=now):
                return False
            legal_persons = await store.legal_persons(tx, credit_code=row.credit_code, now=now)
            await self._notify(tx, legal_persons, occasion=f"{row.id} {now}", now=now)
            return True

        if not await self.db.write(work):
            raise TooManyRequests(retry_after=(row.remind_from - now) // 1000 + 1)
        return await self._current(account_id, now=now)

    async def newest(self, account_id: str, *, now: int) -> store.OwnRequest | None:
        """Returns the account's latest request, or None."""
        return await store.newest(self.db, account_id=account_id, now=now)

    async def page(
        self, credit_code: str, *, state: str, before: str, limit: int, now: int
    ) -> list[ApplicationMessage]:
        """Returns a page of the requests to the enterprise's legal person, newest first."""
        rows = await store.page(
            self.db, credit_code=credit_code, state=state, before=before, page_size=limit, now=now
        )
        return [self._message(row) for row in rows]

    async def counts(self, credit_code: str) -> dict[str, int]:
        """Returns the number of requests in each state."""
        return await store.counts(self.db, credit_code=credit_code)

    async def person_of(self, request_id: str, *, credit_code: str) -> str:
        """Returns the id of the filed person of a request. Raises: NotFound (also for another enterprise's request)."""
        row = await store.find(self.db, request_id=request_id, credit_code=credit_code)
        if row is None:
            raise NotFound
        person_id: str = row["f_id"]
        return person_id

    async def phone_of(self, request_id: str, *, credit_code: str) -> str:
        """Returns the masked phone number of the requesting account.

        Raises: NotFound (also for another enterprise's request).
        """
        row = await store.find(self.db, request_id=request_id, credit_code=credit_code)
        account = None if row is None else await get_account(self.db, account_id=row["r_account_id"])
        if account is None:
            raise NotFound
        return mask_phone(account.phone)

    async def refuse(self, request_id: str, *, credit_code: str, by: By, now: int) -> None:
        """Refuses a request on behalf of the legal person; final. Raises: what `decide_in` raises."""
        await self.db.write(
            lambda tx: self.decide_in(tx, request_id, "refuse", credit_code=credit_code, by=by, now=now)
        )

    async def decide_in(
        self, tx: Tx, request_id: str, decision: ApplicationDecision, *, credit_code: str, by: By, now: int
    ) -> None:
        """Records the legal person's final decision, in the transaction that spends the proof of their identity.

        Raises: NotFound (also for another enterprise's request), RequestClosed, NoFiling (the person's filing
        has ended).
        """
        row = await store.find(tx, request_id=request_id, credit_code=credit_code)
        if row is None:
            raise NotFound
        if row["f_ended_at"] is not None and decision == "confirm":
            raise NoFiling
        assert by.id is not None  # noqa: S101  # a legal person has an account
        if not await store.decide(tx, request_id=request_id, state=_STATES[decision], by=by.id, now=now):
            raise RequestClosed
        if decision == "confirm":
            await self.proofs.record(
                tx, row["r_account_id"], row["r_person_id"], Way.LEGAL_PERSON, by=by, now=now
            )
        else:
            details = {"person": row["r_person_id"]}
            await acts.record(
                tx, by=by, act="identity.refuse", subject=row["r_account_id"], details=details, now=now
            )
        await notify_account(
            tx, NoticeKind.IDENTITY_DECIDED, account_id=row["r_account_id"], occasion=request_id, now=now
        )

    async def _current(self, account_id: str, *, now: int) -> store.OwnRequest:
        row = await self.newest(account_id, now=now)
        if row is None:
            raise NotFound
        return row

    async def _notify(self, tx: Tx, accounts: list[str], *, occasion: str, now: int) -> None:
        for account_id in accounts:
            await notify_account(
                tx, NoticeKind.CONFIRM_IDENTITY, account_id=account_id, occasion=occasion, now=now
            )

    def _message(self, row: store.RequestRow) -> ApplicationMessage:
        number = self.keyring.open(
            row.id_number_box, purpose=ACCOUNT_BOX, context=row.account_id.encode()
        ).decode()
        return ApplicationMessage(
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

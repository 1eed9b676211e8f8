"""Erases a person's data at their request, except what laws require to keep (个人信息保护法 art. 47).

There are three kinds of order: of two officers at the console, of the owner whose closing is due, and
`mshield people erase`. An act records each. Signatures, certificates and the filing are kept: laws require
them, and relying parties need them. The preview lists what is erased, and what is kept and why. The act keeps
the order alive: contents are erased in batches, those that a business system may still fetch only a day
later. The job `erasures` does that, and continues interrupted runs.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mshield.server.accounts.rows import accounts, phone_changes, portal_sessions
from mshield.server.accounts.rows.accounts import Account
from mshield.server.acts.actor import SERVICE, By, SecondPerson
from mshield.server.acts.rows import acts, approvals
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import Conflict, NotFound
from mshield.server.keys.sealed_data import SearchableData
from mshield.server.notices.rows import push
from mshield.server.notices.sms_log import hash_of_phone
from mshield.server.retention.rows import erasure
from mshield.server.retention.rows import sweep as store
from mshield.server.retention.rows.erasure import ErasureSubject
from mshield.server.retention.rows.sweep import Place
from mshield.server.retention.rules.kinds import OF_PERSON
from mshield.server.staff import change_phone
from mshield.server.values.id_numbers import ACCOUNT_BOX
from mshield.server.values.lines import checked_reason
from mshield.server.values.names import check_phone
from mshield.wire.ids import NEWEST, first_id, is_id
from mshield.wire.messages import AnswerMessage
from mshield.wire.times import DAY_MS

_FETCHED_WITHIN_MS: Final = DAY_MS
"""Time in ms after a request's end during which its business system can still fetch the result with content."""

RESUME_MS: Final = 7 * DAY_MS
"""Age of acts (ms) for which the job still looks for remaining contents, long enough for an outage of days."""

_MOST_ACTS: Final = 100_000


class DataPartMessage(AnswerMessage, frozen=True):
    """A kind of data with its number of rows; `why_zh` and `why_en` give the reason if it is kept."""

    name: str
    rows: int
    zh: str
    en: str
    why_zh: str
    why_en: str


@dataclass(frozen=True, slots=True)
class Erasure:
    """Parts of a person's data that are erased, and those that are kept."""

    account_id: str
    erased: tuple[DataPartMessage, ...]
    kept: tuple[DataPartMessage, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """Order to erase a person's data: its author, the `details` of its act, and the `reason` for the account's row."""

    by: By
    details: Mapping[str, object]
    reason: str


def by_officers(member: By, *, approval: str, asked_by: str, reason: str) -> Order:
    """Returns the order that `member` approved."""
    return Order(member, {"approval": approval, "asked_by": asked_by, "reason": reason}, reason)


def by_owner(account_id: str, *, reason: str) -> Order:
    """Returns the order of the account's owner."""
    return Order(By("user", account_id), {"reason": reason}, reason)


def by_command(*, second_person: SecondPerson, reason: str) -> Order:
    """Returns the order of two people at the server. Raises: InvalidRequest."""
    checked = checked_reason(reason)
    return Order(SERVICE, {**second_person.details, "reason": checked}, checked)


@dataclass(frozen=True, slots=True)
class ErasePerson(SearchableData):
    """Previews and performs erasures."""

    async def find(self, who: str) -> Account:
        """Finds an account by id or phone number. Raises: NotFound, InvalidPhone."""
        account = (
            await accounts.get_account(self.db, account_id=who)
            if is_id(who)
            else await accounts.find_account(self.db, phone=check_phone(who))
        )
        if account is None:
            raise NotFound
        return account

    async def preview(self, account: Account, *, on: Database | Tx | None = None, now: int) -> Erasure:
        """Returns what would be erased and kept; changes nothing."""
        db = self.db if on is None else on
        uids = await erasure.keys_of(db, account_id=account.id)
        certified = await erasure.has_certificates(db, account_id=account.id)
        documents = 0
        for uid in uids:
            documents += await store.count_signed_by(db, uid=uid, ended_before=now)
        rows = await erasure.count(db, self._whose(account), now=now)
        erased = (
            _erased(
                "contents",
                documents,
                "已签文件的内容与电脑地址",
                "contents of signed documents, and PCs' addresses",
            ),
            _erased("notices", rows["notices"], "发过的通知", "notices that were sent"),
            _erased("sms", rows["sms"], "短信记录与验证码", "lines of the SMS log, SMS codes"),
            _erased("logins", rows["logins"], "已结束的登录", "logins that have ended"),
            _erased(
                "devices",
                rows["devices"],
                "设备的名称与最近一次登录的地址",
                "names of devices, and the address of their last login",
            ),
            _erased(
                "account",
                0 if certified else 1,
                "账户：姓名、手机号、证件号码、密码",
                "the account: name, phone number, id number, password",
            ),
        )
        kept = (
            DataPartMessage(
                "certificates",
                1 if certified else 0,
                "账户、证书、密钥及其签名",
                "account, certificates and keys with what they signed",
                "电子签名法第二十四条：电子认证信息自证书失效之日起至少保存五年",
                "Electronic Signature Law, art. 24: data on which a certificate is based must be "
                "kept at least five years after its end",
            ),
            DataPartMessage(
                "filing",
                1,
                "企业备案记录",
                "the enterprise's filing",
                "由企业与海关登记，不因本人注销账户而删除",
                "it is the register of the enterprise and the customs",
            ),
            DataPartMessage(
                "acts",
                1,
                "操作记录与透明日志",
                "acts and the transparency log",
                "网络安全法第二十一条；日志里没有个人信息",
                "Cybersecurity Law, art. 21; the log has no personal data",
            ),
        )
        return Erasure(
            account.id, tuple(one for one in erased if one.rows), tuple(one for one in kept if one.rows)
        )

    async def __call__(self, account: Account, order: Order, *, now: int) -> Erasure:
        """Erases the data, the act first, so that an interrupted run can simply be repeated. Raises: Conflict."""
        foreseen = await self.db.write(lambda tx: self.begin_in(tx, account, order, now=now))
        await self.erase_signed(account.id, ended_before=now, now=now)
        return foreseen

    async def begin_in(self, tx: Tx, account: Account, order: Order, *, now: int) -> Erasure:
        """Records the act and erases everything except signed contents, in the caller's transaction.

        Signed contents are erased afterwards, by the caller with `erase_signed` or by the job `erasures`.
        Raises: Conflict (the account got a certificate meanwhile).
        """
        foreseen = await self.preview(account, on=tx, now=now)
        uids = await erasure.keys_of(tx, account_id=account.id)
        act_details = {
            **order.details,
            "uids": [uid.hex() for uid in uids],
            "contents_until": first_id(now),
            "erased_parts": {part.name: part.rows for part in foreseen.erased},
        }
        await acts.record(tx, by=order.by, act=OF_PERSON, subject=account.id, details=act_details, now=now)
        if any(part.name == "account" for part in foreseen.erased):
            await self._scrub(tx, account, reason=order.reason, now=now)
        await erasure.delete(tx, self._whose(account), now=now)
        return foreseen

    async def continue_erasures(self, *, now: int) -> int:
        """Erases remaining contents for the orders of the last seven days.

        Returns their number. Raises: StoreError.
        """
        erased = 0
        since = first_id(now - RESUME_MS)
        orders = await acts.page(
            self.db, subject=None, actor_id=None, act=OF_PERSON, since=since, before=NEWEST, most=_MOST_ACTS
        )
        for order in orders:
            erased += await self.erase_signed(order.subject, ended_before=order.at, now=now)
        return erased

    async def erase_signed(self, account_id: str, *, ended_before: int, now: int) -> int:
        """Erases contents and PC addresses of ended requests that the account's keys signed.

        Only those that ended before `ended_before` (ms) and that no business system can still fetch. Returns the
        number of contents. Works in batches, one transaction each; may be repeated.
        """
        erased, ended_before = 0, min(ended_before, now - _FETCHED_WITHIN_MS)
        for uid in await erasure.keys_of(self.db, account_id=account_id):
            after: Place | None = Place()
            while after is not None:
                after, documents = await self.db.write(_Page(uid, after, ended_before, now))
                erased += documents
        return erased

    async def _scrub(self, tx: Tx, account: Account, *, reason: str, now: int) -> None:
        box = self.keyring.seal(b"", purpose=ACCOUNT_BOX, context=account.id.encode())
        nobody = secrets.token_bytes(32)
        if not await erasure.scrub(tx, account_id=account.id, nobody=nobody, box=box, reason=reason, now=now):
            raise Conflict  # The account got a certificate meanwhile.
        await end_logins(tx, account.id, now=now)
        await phone_changes.erase_person(tx, account_id=account.id, now=now)
        await approvals.erase_person(
            tx, act=change_phone.NAME, subject=account.id, personal=change_phone.PERSONAL, now=now
        )

    def _whose(self, account: Account) -> ErasureSubject:
        return ErasureSubject(account.id, account.phone, hash_of_phone(self.lookup, account.phone))


async def end_logins(tx: Tx, account_id: str, *, now: int) -> None:
    """Ends all logins of an account, and pushes to its phones."""
    await accounts.end_sessions(tx, account_id=account_id, now=now)
    await push.end_of_account(tx, account_id=account_id)
    await portal_sessions.end_of_account(tx, account_id=account_id, now=now)


@dataclass(frozen=True, slots=True)
class _Page:
    """One transaction that erases a batch of what a key signed."""

    uid: bytes
    after: Place
    ended_before: int
    now: int

    async def __call__(self, tx: Tx) -> tuple[Place | None, int]:
        return await store.erase_signed_by(
            tx, uid=self.uid, ended_before=self.ended_before, after=self.after, now=self.now
        )


def _erased(name: str, rows: int, zh: str, en: str) -> DataPartMessage:
    return DataPartMessage(name, rows, zh, en, why_zh="", why_en="")

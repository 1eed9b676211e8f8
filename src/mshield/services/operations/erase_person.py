"""Erases what no law keeps of a person who asks for it (个人信息保护法 art. 47): two people decide, an act says so.

Signatures, certificates and the filing stay: the law wants them kept, and so does whoever relies on a signature. Told
is what is erased, and what stays and why. Whoever decided, the act is the order: contents go some at a time, those that
a business system may still fetch a day later, by the job `erasures`, which also goes on with a run that was cut short.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.actor import SERVICE, By
from mshield.domain.id_numbers import ACCOUNT_BOX
from mshield.domain.identity import check_phone
from mshield.domain.ids import NEWEST, first_id, is_id
from mshield.domain.lines import checked_reason
from mshield.domain.retention.kinds import OF_PERSON
from mshield.domain.times import DAY_MS
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.services.notices.sms_log import hash_of_phone
from mshield.store.accounts import accounts, erasure
from mshield.store.accounts.accounts import Account
from mshield.store.accounts.erasure import Whose
from mshield.store.database.interface import Database, Tx
from mshield.store.legal_person import sessions as portal_sessions
from mshield.store.notices import push
from mshield.store.requests import retention as store
from mshield.store.requests.retention import Place
from mshield.store.staff import acts

FETCHED_WITHIN_MS: Final = DAY_MS
"""For how long after a request's end its business system can still fetch the result with the content."""

GONE_ON_WITH_MS: Final = 7 * DAY_MS
"""For how long after an act the job looks for what is left: also after an outage of days."""

_MOST_ACTS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Part:
    """A kind of data in both languages: how much there is, and where it stays, why."""

    name: str
    rows: int
    zh: str
    en: str
    why_zh: str = ""
    why_en: str = ""


@dataclass(frozen=True, slots=True)
class Erasure:
    """What of a person is erased, and what stays."""

    account_id: str
    erased: tuple[Part, ...]
    kept: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class ErasePerson:
    """Looks at what there is, and erases it."""

    db: Database
    keyring: Keyring
    lookup: LookupKey

    async def find(self, who: str) -> Account:
        """The account of this id or phone number. Raises NotFound, InvalidPhone."""
        account = (
            await accounts.get_account(self.db, account_id=who)
            if is_id(who)
            else await accounts.find_account(self.db, phone=check_phone(who))
        )
        if account is None:
            raise errors.NotFound
        return account

    async def foresee(self, account: Account, *, on: Database | Tx | None = None, now: int) -> Erasure:
        """What would be erased and what would stay; nothing is changed."""
        db = self.db if on is None else on
        uids = await erasure.keys_of(db, account_id=account.id)
        certified = await erasure.has_certificates(db, account_id=account.id)
        documents = 0
        for uid in uids:
            documents += await store.count_signed_by(db, uid=uid, ended_before=now)
        rows = await erasure.count(db, self._whose(account), now=now)
        erased = (
            Part(
                "contents",
                documents,
                "已签文件的内容与电脑地址",
                "contents of signed documents, and PCs' addresses",
            ),
            Part("notices", rows["notices"], "发过的通知", "notices that were sent"),
            Part("sms", rows["sms"], "短信记录与验证码", "lines of the SMS log, SMS codes"),
            Part("logins", rows["logins"], "已结束的登录", "logins that have ended"),
            Part(
                "devices",
                rows["devices"],
                "设备的名称与最近一次登录的地址",
                "names of devices, and the address of their last login",
            ),
            Part(
                "account",
                0 if certified else 1,
                "账户：姓名、手机号、证件号码、密码",
                "the account: name, phone number, id number, password",
            ),
        )
        kept = (
            Part(
                "certificates",
                1 if certified else 0,
                "账户、证书、密钥及其签名",
                "account, certificates and keys with what they signed",
                "电子签名法第二十四条：电子认证信息自证书失效之日起至少保存五年",
                "Electronic Signature Law, art. 24: a certificate's basis is kept at least five years from its end",
            ),
            Part(
                "filing",
                1,
                "企业备案记录",
                "the enterprise's filing",
                "由企业与海关登记，不因本人注销账户而删除",
                "it is the enterprise's and the customs' register",
            ),
            Part(
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

    async def __call__(self, account: Account, *, second_person: str, reason: str, now: int) -> Erasure:
        """Erases it, the act first: a run that was cut short is simply repeated. Raises InvalidRequest, Conflict."""
        said = checked_reason(reason)
        details = {"second_person": second_person, "reason": said}
        foreseen = await self.db.write(
            lambda tx: self.begin_in(tx, account, by=SERVICE, details=details, reason=said, now=now)
        )
        await self.erase_signed(account.id, ended_before=now - FETCHED_WITHIN_MS, now=now)
        return foreseen

    async def begin_in(
        self, tx: Tx, account: Account, *, by: By, details: Mapping[str, object], reason: str, now: int
    ) -> Erasure:
        """The act, and all but what the account signed, in the caller's transaction: that comes by `erase_signed`.

        Raises Conflict where it got a certificate meanwhile.
        """
        foreseen = await self.foresee(account, on=tx, now=now)
        uids = await erasure.keys_of(tx, account_id=account.id)
        recorded = {
            **details,
            "uids": [uid.hex() for uid in uids],
            "contents_until": first_id(now),
            "erased_parts": {part.name: part.rows for part in foreseen.erased},
        }
        await acts.record(tx, by=by, act=OF_PERSON, subject=account.id, details=recorded, now=now)
        if any(part.name == "account" for part in foreseen.erased):
            await self._scrub(tx, account, reason=reason, now=now)
        await erasure.delete(tx, self._whose(account), now=now)
        return foreseen

    async def go_on(self, *, now: int) -> int:
        """Contents that acts of the last days speak of and that are left; how many it was. Raises StoreError."""
        erased = 0
        since = first_id(now - GONE_ON_WITH_MS)
        orders = await acts.page(
            self.db, subject=None, actor_id=None, act=OF_PERSON, since=since, before=NEWEST, most=_MOST_ACTS
        )
        for order in orders:
            ended_before = min(order.at, now - FETCHED_WITHIN_MS)
            erased += await self.erase_signed(order.subject, ended_before=ended_before, now=now)
        return erased

    async def erase_signed(self, account_id: str, *, ended_before: int, now: int) -> int:
        """Contents and PCs' addresses of what its keys signed in requests that ended before (ms); how many contents.

        Some in a transaction; harmless when it runs twice.
        """
        erased = 0
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
            raise errors.Conflict  # it got a certificate meanwhile
        await accounts.end_sessions(tx, account_id=account.id, now=now)
        await push.end_of_account(tx, account_id=account.id)
        await portal_sessions.end_of_account(tx, account_id=account.id, now=now)

    def _whose(self, account: Account) -> Whose:
        return Whose(account.id, account.phone, hash_of_phone(self.lookup, account.phone))


@dataclass(frozen=True, slots=True)
class _Page:
    """One transaction of what a key signed."""

    uid: bytes
    after: Place
    ended_before: int
    now: int

    async def __call__(self, tx: Tx) -> tuple[Place | None, int]:
        return await store.erase_signed_by(
            tx, uid=self.uid, ended_before=self.ended_before, after=self.after, now=self.now
        )

"""What a phone has signed: my signatures (我的签名, manual 2.3.1.7), found again by their words, and each in full."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from mshield.domain import errors
from mshield.domain.certificates.states import CertificateState, is_expired
from mshield.gm.sm3 import sm3
from mshield.pki.signatures.formats import FORMATS, signs_attributes
from mshield.pki.signatures.kept_display import KeptDisplay, read_display
from mshield.services.accounts.session import PhoneLogin
from mshield.store.database.interface import Database
from mshield.store.requests import my_signatures as history

Kind = Literal["login", "signature"]
_PURPOSES: Final[Mapping[Kind, str]] = {"login": "login", "signature": "sign"}
_LATEST: Final = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeSignature:
    """One signature in full; `certificate_state` is the certificate's now, `expired` by the clock. Times in ms.

    `content_digest` is SM3 of the document, which by a CMS is not what was signed. `display_bound`: the signature is
    over what was shown too.
    """

    row: history.SignatureDetail
    lines: tuple[Mapping[str, str], ...]
    content_digest: bytes
    display_bound: bool
    certificate_state: str | None


@dataclass(frozen=True, slots=True)
class MySignatures:
    """Logins and signatures of the phone that asks."""

    db: Database

    async def page(
        self,
        login: PhoneLogin,
        *,
        before: tuple[int, bytes] | None,
        words: str | None,
        kind: Kind | None,
        limit: int,
    ) -> list[history.PastSignature]:
        """Newest first; `before` is (signed_at, sid) of the last one seen."""
        before_at, before_sid = before or (_LATEST, b"")
        return await history.signatures_page(
            self.db,
            device_id=login.device_id,
            account_id=login.account_id,
            before_at=before_at,
            before_sid=before_sid,
            page_size=limit,
            words=words,
            purpose=None if kind is None else _PURPOSES[kind],
        )

    async def one(self, login: PhoneLogin, sid: bytes, *, now: int) -> MadeSignature:
        """Raises NotFound, also for another phone's."""
        row = await history.find_signature(
            self.db, sid=sid, device_id=login.device_id, account_id=login.account_id
        )
        if row is None:
            raise errors.NotFound
        kept, name = read_display(row.display), FORMATS[row.format]
        return MadeSignature(
            row=row,
            lines=tuple({"label": label, "value": value} for label, value in kept.lines),
            content_digest=_content_digest(kept, row),
            display_bound=signs_attributes(name, kept.options),
            certificate_state=_state(row, now=now),
        )


def _content_digest(kept: KeptDisplay, row: history.SignatureDetail) -> bytes:
    if kept.bound is not None:
        return kept.bound.content
    if row.erased_digest is not None:
        return row.erased_digest
    attributes = kept.attributes(FORMATS[row.format], row.message)
    return sm3(row.message) if attributes is None else attributes.message_digest


def _state(row: history.SignatureDetail, *, now: int) -> str | None:
    if row.state is None or row.not_after is None:
        return None
    expired = is_expired(state=CertificateState(row.state), not_after=row.not_after, now=now)
    return "expired" if expired else row.state

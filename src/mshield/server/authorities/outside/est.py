"""An outside CA by EST (RFC 7030): the service asks as a registration authority, and nothing is confirmed or revoked.

A shield's key never authenticates a connection, so the CA must accept the requests of the RA (id-kp-cmcRA), by
a TLS client certificate or a password.
"""

import base64
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final

import msgspec

from mshield.pki.asn1 import der
from mshield.pki.asn1.reader import Reader
from mshield.pki.errors import DerError
from mshield.server.authorities.outside.adapter import (
    Act,
    ActOutcome,
    Answered,
    Capabilities,
    Confirmation,
    Confirmed,
    Held,
    Outcome,
    Pending,
    Refused,
    Submission,
    Unreachable,
    Unsupported,
    plain_words,
)
from mshield.server.authorities.outside.certs_only import read_certs_only
from mshield.server.authorities.outside.settings import BadCas, CaProfile, options_of
from mshield.server.runtime.external.call import Answer, OutsideError, ask

SECONDS: Final = 15.0
LATEST_SECONDS: Final = 86_400
_DEFAULT_SECONDS: Final = 60
_CHAIN_MS: Final = 3_600_000
_CONFIGURATION: Final = frozenset({401, 403, 404, 405})
_LATER: Final = frozenset({408, 425, 429})
_CERTIFICATES: Final = "application/pkcs7-mime"


@dataclass(slots=True, kw_only=True)
class EstAuthority:
    """A CA at `url`, the path up to `/.well-known/est` or the label below it.

    `reenroll` sends renewals to `simplereenroll`, for CAs that take them from an RA. `user` is for Basic
    authentication, and empty with a client certificate.
    """

    name: str
    can: Capabilities
    url: str
    user: str = ""
    password: bytes = field(default=b"", repr=False)
    reenroll: bool = False
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    seconds: float = SECONDS
    _chain: tuple[int, tuple[bytes, ...]] = field(default=(0, ()), repr=False)
    """Time until which the CA's certificates are used again (ms), and they."""

    def begin(self) -> bytes:
        """Returns no transaction: the request itself is repeated."""
        return b""

    async def submit(self, submission: Submission, *, now: int) -> Outcome:
        """POSTs the request. Raises: Unreachable."""
        renews = self.reenroll and submission.renewal_of is not None
        answer = await self._call(
            "POST",
            "simplereenroll" if renews else "simpleenroll",
            base64.b64encode(submission.p10),
        )
        if answer.status == 202:
            return Pending(after_s=_retry_after(answer))
        if answer.status != 200:
            if not 400 <= answer.status < 500 or answer.status in _LATER:
                raise Unreachable(f"status {answer.status}")
            return Refused(code=f"http_{answer.status}", words=_words(answer))
        certificates = _certificates(answer)
        own = [one for one in certificates if _public_key(one) == submission.public_key]
        issued = (own or certificates)[0]
        others = [one for one in certificates if one != issued]
        return Answered(der=issued, chain=tuple(dict.fromkeys((*others, *await self._ca_certificates(now)))))

    async def poll(self, submission: Submission, *, now: int) -> Outcome:
        """POSTs the request again (RFC 7030, 4.2.3). Raises: Unreachable."""
        return await self.submit(submission, now=now)

    async def confirm(self, submission: Submission, der: bytes, *, accepted: bool, now: int) -> Confirmation:  # noqa: ARG002  # EST has no confirmation
        """Confirms nothing."""
        return Confirmed()

    async def act(self, certificate: Held, act: Act, reason: int, *, key: str, now: int) -> ActOutcome:  # noqa: ARG002  # EST has no acts
        """Does nothing: revocation is by hand."""
        return Unsupported()

    async def ca_certificates(self) -> tuple[bytes, ...]:
        """Returns the CA's certificates, not verified. Raises: Unreachable."""
        answer = await self._call("GET", "cacerts", None)
        if answer.status != 200:
            raise Unreachable(f"status {answer.status}")
        return _certificates(answer)

    async def _ca_certificates(self, now: int) -> Sequence[bytes]:
        """Returns the CA's certificates; none if they can't be had, since those in the settings may be enough."""
        until, chain = self._chain
        if now < until:
            return chain
        try:
            chain = await self.ca_certificates()
        except Unreachable:
            return ()
        self._chain = (now + _CHAIN_MS, chain)
        return chain

    async def _call(self, method: str, operation: str, content: bytes | None) -> Answer:
        headers = {"Accept": _CERTIFICATES}
        if content is not None:
            headers |= {"Content-Type": "application/pkcs10", "Content-Transfer-Encoding": "base64"}
        if self.user:
            pair = base64.b64encode(self.user.encode() + b":" + self.password)
            headers["Authorization"] = f"Basic {pair.decode()}"
        try:
            answer = await ask(
                method,
                f"{self.url.rstrip('/')}/{operation}",
                headers=headers,
                seconds=self.seconds,
                content=content,
                repeatable=False,
                tls=self.tls,
            )
        except OutsideError as error:
            raise Unreachable(str(error)) from error
        if answer.status in _CONFIGURATION:
            raise Unreachable(f"status {answer.status}", operator=True)
        return answer


class EstOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of an EST CA: `user` has the entry's secret as its password."""

    user: Annotated[str, msgspec.Meta(max_length=128, pattern=r"^[^:]*$")] = ""
    reenroll: bool = False


def open_est(profile: CaProfile) -> EstAuthority:
    """Creates the adapter. Raises: BadCas."""
    options, entry = options_of(profile, EstOptions), profile.entry
    if "api" in {entry.revoke, entry.hold, entry.release}:
        raise BadCas(f'{profile.name}: EST revokes and holds nothing: set revoke = "by_hand"')
    if bool(options.user) != bool(profile.secret):
        raise BadCas(f"{profile.name}: options.user and secret_file belong together")
    if not options.user and not entry.client_certificate:
        raise BadCas(f"{profile.name}: kind est needs client_certificate, or options.user with secret_file")
    return EstAuthority(
        name=profile.name,
        can=Capabilities(hold=entry.hold, release=entry.release, revoke=entry.revoke),
        url=entry.url,
        user=options.user,
        password=profile.secret,
        reenroll=options.reenroll,
        tls=profile.tls(),
        seconds=entry.seconds,
    )


def _certificates(answer: Answer) -> tuple[bytes, ...]:
    if answer.headers.get("content-type", "").partition(";")[0].strip().lower() != _CERTIFICATES:
        raise Unreachable("content_type")
    try:
        certificates = read_certs_only(answer.content)
    except DerError as error:
        raise Unreachable("form") from error
    if not certificates:
        raise Unreachable("no_certificate")
    return certificates


def _public_key(certificate: bytes) -> bytes | None:
    """Returns the key's octets of any certificate; None if it can't be read."""
    try:
        tbs = Reader(certificate).enter().enter()
        tbs.explicit(0)
        tbs.integer()
        for _ in range(4):  # algorithm, issuer, validity, subject
            tbs.raw(der.SEQUENCE)
        info = tbs.enter()
        info.raw(der.SEQUENCE)
        return info.bits()
    except DerError:
        return None


def _retry_after(answer: Answer) -> int:
    """Returns whole seconds; a date or nothing counts as a minute."""
    text = answer.headers.get("retry-after", "").strip()
    if not (text.isascii() and text.isdecimal() and len(text) < 8):
        return _DEFAULT_SECONDS
    return max(1, min(int(text), LATEST_SECONDS))


def _words(answer: Answer) -> str:
    """Returns the words of a refusal, if it is plain text (RFC 7030, 4.2.3)."""
    if not answer.headers.get("content-type", "").lower().startswith("text/plain"):
        return ""
    return plain_words(answer.content[:4096].decode("utf-8", "replace"))

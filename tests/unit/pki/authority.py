"""A small authority for tests: root, issuing CA, OCSP responder, one leaf, each with its key.

`mshield.pki` itself makes everything at a fixed time; tests vary it through the builders.
"""

import secrets
from dataclasses import dataclass
from functools import lru_cache

from mshield.gm.engine import Engine, load_engine
from mshield.gm.sm2 import generate
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.certificates.issue import (
    issue_intermediate,
    issue_leaf,
    issue_ocsp_responder,
    self_signed_root,
    serial_from,
)
from mshield.pki.certificates.names import LeafSubject, Name, make_name
from mshield.pki.certificates.profiles import LeafIdentity, Urls
from mshield.pki.revocation.crl import Revoked, build_crl
from mshield.pki.signer import KeySigner

NOW = 1_767_225_600_000
"""2026-01-01T00:00:00Z in ms."""
DAY = 86_400_000
YEAR = 365 * DAY
POLICY = "1.3.6.1.4.1.55555.1.2"
SUBJECT = LeafSubject(organisation="深圳市蓝海报关有限公司", role="操作员", common_name="张伟")
IDENTITY = LeafIdentity(id_number="440301199001011236", credit_code="91440300MA5EXAMPL6")
ROOT_URLS = Urls(crl="http://ca.example.cn/pki/root.crl", ca_issuer="http://ca.example.cn/pki/root.cer")
OTHER_SHARD = "http://ca.example.cn/pki/issuing.7.crl"
URLS = Urls(
    crl="http://ca.example.cn/pki/issuing.crl",
    ocsp="http://ca.example.cn/pki/ocsp",
    ca_issuer="http://ca.example.cn/pki/issuing.cer",
)


@dataclass(frozen=True, slots=True)
class Authority:
    """Keys and certificates, all valid at NOW."""

    engine: Engine
    root_key: KeySigner
    issuing_key: KeySigner
    ocsp_key: KeySigner
    leaf_key: KeySigner
    root: Certificate
    issuing: Certificate
    ocsp: Certificate
    leaf: Certificate

    def issue(self, **changes: object) -> Certificate:
        """Issues another leaf, with some arguments of `issue_leaf` changed."""
        return issue_leaf(**(leaf_arguments(self) | changes))  # type: ignore[arg-type]  # tests vary any argument

    def crl(
        self, revoked: tuple[Revoked, ...] = (), *, number: int = 7, at: int = NOW, point: str | None = None
    ) -> bytes:
        """Returns the issuing CA's list, valid for a day from `at`; with `point`, the list of that shard."""
        return build_crl(
            signer=self.issuing_key,
            issuer=self.issuing,
            number=number,
            this_update=at,
            next_update=at + DAY,
            revoked=revoked,
            point=point,
        )

    def root_crl(self, revoked: tuple[Revoked, ...] = (), *, at: int = NOW) -> bytes:
        """Returns the root's list, valid for a month from `at`."""
        return build_crl(
            signer=self.root_key,
            issuer=self.root,
            number=1,
            this_update=at,
            next_update=at + 30 * DAY,
            revoked=revoked,
        )


def new_serial() -> int:
    """Returns a random serial number."""
    return serial_from(secrets.token_bytes(20))


def new_key(engine: Engine) -> KeySigner:
    """Returns a fresh key."""
    return KeySigner(engine, generate(engine))


def ca_name(common_name: str) -> Name:
    """Returns a name like those of CAs and responders."""
    return make_name(country="CN", organisation="示例电子认证中心", common_name=common_name)


def leaf_arguments(authority: Authority) -> dict[str, object]:
    """Returns arguments of `issue_leaf` for a valid leaf."""
    return {
        "signer": authority.issuing_key,
        "issuer": authority.issuing,
        "serial": new_serial(),
        "subject": SUBJECT,
        "identity": IDENTITY,
        "public": authority.leaf_key.public,
        "not_before": NOW - DAY,
        "not_after": NOW + YEAR,
        "urls": URLS,
        "policy_oid": POLICY,
    }


def make_authority(engine: Engine) -> Authority:
    """Returns a new authority with fresh keys."""
    root_key, issuing_key, ocsp_key, leaf_key = (new_key(engine) for _ in range(4))
    root = self_signed_root(
        signer=root_key,
        serial=new_serial(),
        subject=ca_name("示例根 CA"),
        not_before=NOW - YEAR,
        not_after=NOW + 19 * YEAR,
    )
    issuing = issue_intermediate(
        signer=root_key,
        issuer=root,
        serial=new_serial(),
        subject=ca_name("示例签发 CA"),
        public=issuing_key.public,
        not_before=NOW - YEAR,
        not_after=NOW + 9 * YEAR,
        urls=ROOT_URLS,
        policy_oid=POLICY,
    )
    ocsp = issue_ocsp_responder(
        signer=issuing_key,
        issuer=issuing,
        serial=new_serial(),
        subject=ca_name("示例 OCSP"),
        public=ocsp_key.public,
        not_before=NOW - DAY,
        not_after=NOW + 29 * DAY,
    )
    leaf = issue_leaf(
        signer=issuing_key,
        issuer=issuing,
        serial=new_serial(),
        subject=SUBJECT,
        identity=IDENTITY,
        public=leaf_key.public,
        not_before=NOW - DAY,
        not_after=NOW + YEAR,
        urls=URLS,
        policy_oid=POLICY,
    )
    return Authority(engine, root_key, issuing_key, ocsp_key, leaf_key, root, issuing, ocsp, leaf)


@lru_cache(maxsize=1)
def authority() -> Authority:
    """Returns the authority that tests share; it is frozen, so sharing is safe."""
    return make_authority(load_engine())

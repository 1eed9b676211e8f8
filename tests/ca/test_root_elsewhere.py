"""A CA whose root is `openssl` on another machine: requests out, certificates and lists in, each checked."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest

from mshield.gm.engine import Engine
from mshield.pki.certificates import trust
from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.pki.errors import CertificateRevoked
from mshield.pki.verification.path import check_crl, check_ocsp, verify_chain
from mshield.server.authorities.authority import load_authorities, open_authority
from mshield.server.authorities.rows.authorities import list_authorities, list_requests
from mshield.server.ca.import_certificates import FirstImport, import_certificates
from mshield.server.ca.import_root_list import import_root_list
from mshield.server.ca.init import CaNames, init_ca
from mshield.server.ca.renew_issuing import renew_issuing, revoke_issuing
from mshield.server.ca.requests import CaRequest, discard_request, open_requests, request_first, request_next
from mshield.server.certificates.issue import Issue
from mshield.server.database.interface import Database
from mshield.server.errors import NotFound
from mshield.server.keys.errors import AuthorityExists, BadCaImport, KeyElsewhere, NoCaRequest
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.secrets import load_lookup_key
from mshield.server.log.verify_authorities import check_authorities
from mshield.server.publication.publisher import Publisher
from mshield.server.publication.renew_responder import renew_responders
from mshield.server.publication.state import ReadCaState
from mshield.server.settings.settings import Settings
from mshield.wire.times import DAY_MS, HOUR_MS
from tests.support.clock import START
from tests.support.issuing import Ca
from tests.support.offline_root import OfflineRoot, make_root

SETTINGS: Final = Settings.of(public_origin="https://shield.example/")
NAMES: Final = CaNames(name="宁波电子口岸", organisation="宁波电子口岸有限公司")
NOW: Final = START + HOUR_MS


@dataclass(frozen=True)
class Site:
    """A server without a CA yet, its requests, and the root elsewhere."""

    db: Database
    keyring: Keyring
    engine: Engine
    root: OfflineRoot
    requests: dict[str, CaRequest]

    def signed(self, **changed: str) -> list[bytes]:
        """Signs all requests; `changed` replaces the extensions of some."""
        return [
            self.root.sign(
                one.der,
                changed.get(name, one.extensions),
                days={"issuing": 3650, "root_ocsp": 395, "tsa": 3650}[name],
            )
            for name, one in self.requests.items()
        ]

    def first(self, **changed: bytes) -> FirstImport:
        root = self.root.certificate
        values = {"root": root, "sha256": sha256(root).digest(), "crl": self.root.crl(at=START)}
        return FirstImport(**(values | changed))

    async def bring_in(
        self, certificates: Sequence[bytes], first: FirstImport | None = None, *, now: int = NOW
    ) -> list[tuple[str, Certificate]]:
        return await import_certificates(
            self.db, self.keyring, self.engine, SETTINGS, certificates, first=first, now=now
        )

    async def opened(self) -> Ca:
        """Opens the CA as a service's process does."""
        lookup = await load_lookup_key(self.db, self.keyring, now=START)
        authorities = await load_authorities(self.db, self.keyring, self.engine)
        issue = Issue(self.db, self.keyring, lookup, authorities, SETTINGS)
        return Ca(self.db, self.keyring, self.engine, SETTINGS, lookup, authorities, issue)

    async def warnings(self, *, now: int) -> set[str]:
        state = await ReadCaState(self.db, self.engine, SETTINGS.ca)(now=now)
        return {
            warning.code for warning in state.warnings if warning.code not in {"crl_missing", "ocsp_over"}
        }


@pytest.fixture
async def site(db: Database, keyring: Keyring, engine: Engine, tmp_path: Path) -> Site:
    requests = await request_first(db, keyring, engine, SETTINGS, NAMES, now=START)
    root = make_root(tmp_path / "root", now=START)
    return Site(db, keyring, engine, root, {one.name: one for one in requests})


async def _findings(site: Site, certificates: Sequence[bytes], first: FirstImport | None) -> set[str]:
    """Returns the codes of a refused import, which changed nothing."""
    before = await list_authorities(site.db), await list_requests(site.db)
    with pytest.raises(BadCaImport) as refused:
        await site.bring_in(certificates, first)
    assert (await list_authorities(site.db), await list_requests(site.db)) == before
    return {code for code, _ in refused.value.findings}


async def test_root_elsewhere_signs_and_the_service_issues_and_publishes(site: Site) -> None:
    with pytest.raises(AuthorityExists):
        await request_first(site.db, site.keyring, site.engine, SETTINGS, NAMES, now=START)
    imported = await site.bring_in(site.signed(), site.first())
    assert [name for name, _ in imported] == ["root", "issuing", "root_ocsp", "tsa"]
    assert await list_requests(site.db) == []
    ca = await site.opened()
    publisher = ca.publisher()
    leaf = await ca.certify(now=NOW)
    issuing, root = ca.authorities.chain_of(leaf)
    assert root.der == site.root.certificate
    verify_chain(site.engine, leaf=leaf, intermediates=[issuing], roots=[root], at=NOW)
    assert await publisher.refresh(now=NOW) == 1  # the issuing CA's list; the root's is imported
    for name, certificate, issuer in (("issuing", leaf, issuing), ("root", issuing, root)):
        crl = await publisher.crl(name, now=NOW)
        check_crl(site.engine, certificate=certificate, issuer=issuer, crl=crl.der, at=NOW)
    answer = await publisher.ocsp_for_ca(issuing, now=NOW, since=0)
    check_ocsp(site.engine, certificate=issuing, issuer=root, response=answer, at=NOW)
    tsa = parse_certificate(await publisher.certificate("tsa"))
    trust.require_issued(site.engine, tsa, root)
    assert await check_authorities(site.db) == []
    assert (await ReadCaState(site.db, site.engine, SETTINGS.ca)(now=NOW)).warnings == ()


async def test_nothing_here_can_sign_as_the_root(site: Site) -> None:
    await site.bring_in(site.signed(), site.first())
    with pytest.raises(KeyElsewhere):
        await open_authority(site.db, site.keyring, site.engine, "root")
    with pytest.raises(KeyElsewhere):
        await renew_issuing(site.db, site.keyring, site.engine, SETTINGS, now=NOW)
    with pytest.raises(KeyElsewhere):
        await renew_responders(site.db, site.keyring, site.engine, "root", now=NOW)
    renewed = await renew_responders(site.db, site.keyring, site.engine, None, now=NOW)
    assert [name for name, _ in renewed] == ["ocsp"]
    with pytest.raises(AuthorityExists):
        await init_ca(site.db, site.keyring, site.engine, SETTINGS, NAMES, now=NOW)


FAULTS: Final = [
    ("pathlen:0", "pathlen:1", {"basic_constraints"}),
    (",pathlen:0", "", {"basic_constraints"}),
    ("critical,CA:TRUE,pathlen:0", "CA:TRUE,pathlen:0", {"extension_criticality"}),
    (
        "basicConstraints=critical,CA:TRUE,pathlen:0\n",
        "basicConstraints=critical,CA:FALSE\n",
        {"basic_constraints"},
    ),
    ("keyCertSign,cRLSign", "keyCertSign", {"key_usage"}),
    ("keyCertSign,cRLSign", "keyCertSign,cRLSign,digitalSignature", {"key_usage"}),
    ("crlDistributionPoints=URI:https://shield.example/pki/root.crl\n", "", {"extension_missing"}),
    ("authorityKeyIdentifier=keyid:always", "authorityKeyIdentifier=none", {"extension_missing"}),
    (SETTINGS.ca.policy_oid, "1.2.3.4", {"policies"}),
    ("subjectKeyIdentifier=hash", "subjectKeyIdentifier=0102", {"subject_key_id"}),
    (
        "certificatePolicies",
        "nameConstraints=critical,permitted;DNS:a.example\ncertificatePolicies",
        {"extension_not_allowed"},
    ),
]


async def test_issuing_ca_with_other_extensions_is_refused(site: Site) -> None:
    asked, first = site.requests["issuing"].extensions, site.first()
    _, *others = site.signed()
    for old, new, codes in FAULTS:
        assert old in asked
        bad = site.root.sign(site.requests["issuing"].der, asked.replace(old, new))
        assert await _findings(site, [bad, *others], first) == codes, new
    any_policy = asked.replace(SETTINGS.ca.policy_oid, "2.5.29.32.0")
    await site.bring_in([site.root.sign(site.requests["issuing"].der, any_policy), *others], first)


async def test_certificate_of_another_kind_is_refused(site: Site) -> None:
    bad = site.signed(issuing=site.requests["tsa"].extensions)
    assert "basic_constraints" in await _findings(site, bad, site.first())
    bad = site.signed(tsa=site.requests["issuing"].extensions)
    assert "basic_constraints" in await _findings(site, bad, site.first())


async def test_validity_name_key_and_signer_are_checked(site: Site, tmp_path: Path) -> None:
    request, first = site.requests["issuing"], site.first()
    _, *others = site.signed()
    sign = site.root.sign
    over = sign(request.der, request.extensions, days=3700)
    assert await _findings(site, [over, *others], first) == {"validity_too_long"}
    late = sign(request.der, request.extensions, start=START + 2 * DAY_MS)
    assert await _findings(site, [late, *others], first) == {"not_yet_valid"}
    short = sign(request.der, request.extensions, days=20)
    assert await _findings(site, [short, *others], first) == {"ends_soon"}
    renamed = sign(request.der, request.extensions, subject="/C=CN/O=Other/CN=Other CA")
    assert await _findings(site, [renamed, *others], first) == {"subject"}
    other = make_root(tmp_path / "other", now=START)  # the same name, another key
    forged = other.sign(request.der, request.extensions)
    assert await _findings(site, [forged, *others], first) == {"authority_key_id", "signature"}
    sm3_with_sm2, other_algorithm = (
        bytes.fromhex("06082a811ccf55018375"),
        bytes.fromhex("06082a811ccf55018377"),
    )
    changed = sign(request.der, request.extensions).replace(sm3_with_sm2, other_algorithm)
    assert await _findings(site, [changed, *others], first) == {"unreadable"}
    with pytest.raises(NoCaRequest):  # a key that nobody here asked for
        await site.bring_in([site.root.certificate, *others], first)
    responder = sign(site.requests["root_ocsp"].der, site.requests["root_ocsp"].extensions, days=401)
    tsa = others[1]
    assert await _findings(site, [sign(request.der, request.extensions), responder, tsa], first) == {
        "validity_too_long"
    }


async def test_first_import_needs_root_list_and_all_three(site: Site, tmp_path: Path) -> None:
    signed = site.signed()
    assert await _findings(site, signed, None) == {"root_missing"}
    assert await _findings(site, signed[:2], site.first()) == {"missing"}
    assert await _findings(site, signed, site.first(sha256=bytes(32))) == {"fingerprint"}
    other = make_root(tmp_path / "other", now=START, extensions="basicConstraints=critical,CA:FALSE\n")
    first = FirstImport(other.certificate, sha256(other.certificate).digest(), site.root.crl(at=START))
    assert {"basic_constraints", "extension_missing"} <= await _findings(site, signed, first)
    stranger = make_root(tmp_path / "stranger", now=START, name="/C=CN/O=X/CN=X Root CA")
    codes = await _findings(site, signed, site.first(crl=stranger.crl(at=START)))
    assert codes == {"issuer_name", "signature"}
    assert await _findings(site, signed, site.first(crl=b"no list")) == {"unreadable"}
    site.root.revoke(signed[0], at=NOW)
    assert await _findings(site, signed, site.first(crl=site.root.crl(at=NOW))) == {"revoked"}


async def test_next_list_is_imported_and_older_or_ended_ones_are_refused(site: Site) -> None:
    early = site.root.crl(at=START)
    await site.bring_in(site.signed(), site.first())
    publisher = (await site.opened()).publisher()

    async def refused(data: bytes, *, now: int) -> str:
        with pytest.raises(BadCaImport) as error:
            await import_root_list(site.db, site.keyring, site.engine, data, now=now)
        ((code, _),) = error.value.findings
        return code

    assert await refused(early, now=NOW) == "not_newer"
    assert await refused(site.root.crl(at=START, days=1), now=START + 2 * DAY_MS) == "expired"
    assert await refused(site.root.crl(at=START + DAY_MS), now=NOW) == "in_future"
    assert await refused(site.root.crl(at=START, days=401), now=NOW) == "life_too_long"
    assert await refused(b"0" * 70_000, now=NOW) == "too_large"
    later = START + 330 * DAY_MS
    assert await site.warnings(now=later) == {"root_crl_due"}
    following = site.root.crl(at=later)
    crl, revoked = await import_root_list(site.db, site.keyring, site.engine, following, now=later)
    assert revoked == []
    assert (await publisher.crl("root", now=later)).number == crl.number
    assert await site.warnings(now=later) == set()
    ended = later + 366 * DAY_MS
    await publisher.refresh(now=ended)
    with pytest.raises(NotFound):
        await publisher.crl("root", now=ended)
    assert "root_crl_over" in await site.warnings(now=ended)


async def test_list_of_the_root_revokes_an_issuing_ca(site: Site) -> None:
    signed = site.signed()
    await site.bring_in(signed, site.first())
    ca = await site.opened()
    leaf = await ca.certify(now=NOW)
    issuing, root = ca.authorities.chain_of(leaf)
    site.root.revoke(signed[0], at=NOW)
    later = NOW + DAY_MS
    crl = site.root.crl(at=later)
    _, revoked = await import_root_list(site.db, site.keyring, site.engine, crl, now=later)
    assert revoked == ["issuing"]
    publisher = ca.publisher()
    await publisher.refresh(now=later)
    answer = await publisher.ocsp_for_ca(issuing, now=later, since=0)
    with pytest.raises(CertificateRevoked):
        check_ocsp(site.engine, certificate=issuing, issuer=root, response=answer, at=later)
    assert await check_authorities(site.db) == []
    assert await site.warnings(now=later) == {"no_issuing_ca"}
    (site.root.folder / "index.txt").write_text("", encoding="ascii")  # the root forgot what it revoked
    with pytest.raises(BadCaImport) as refused:
        await import_root_list(site.db, site.keyring, site.engine, site.root.crl(at=later), now=later)
    assert refused.value.findings == (("unrevoked", "issuing"),)


async def test_hold_of_an_issuing_ca_is_refused(site: Site) -> None:
    signed = site.signed()
    await site.bring_in(signed, site.first())
    site.root.revoke(signed[0], at=NOW, reason="certificateHold")
    with pytest.raises(BadCaImport) as refused:
        await import_root_list(site.db, site.keyring, site.engine, site.root.crl(at=NOW), now=NOW)
    assert [code for code, _ in refused.value.findings] == ["on_hold"]


async def test_ca_revoked_here_is_reported_until_the_root_lists_it(site: Site) -> None:
    signed = site.signed()
    await site.bring_in(signed, site.first())
    await revoke_issuing(site.db, "issuing", reason=1, now=NOW)
    assert await site.warnings(now=NOW) == {"no_issuing_ca", "root_crl_lacks"}
    site.root.revoke(signed[0], at=NOW)
    await import_root_list(site.db, site.keyring, site.engine, site.root.crl(at=NOW), now=NOW)
    assert await site.warnings(now=NOW) == {"no_issuing_ca"}


async def test_next_generation_responder_and_tsa_are_requested_and_imported(site: Site) -> None:
    await site.bring_in(site.signed(), site.first())
    ca = await site.opened()
    before = await ca.certify(now=NOW)
    arguments = (site.db, site.keyring, site.engine, SETTINGS)
    later = START + 360 * DAY_MS
    assert await site.warnings(now=later) >= {"root_responder_due"}
    made = [
        await request_next(*arguments, what, key=None, now=later) for what in ("issuing", "root_ocsp", "tsa")
    ]
    assert [one.name for one in made] == ["issuing-2", "root_ocsp", "tsa"]
    with pytest.raises(AuthorityExists):
        await request_next(*arguments, "tsa", key=None, now=later)
    await discard_request(site.db, "tsa", now=later)
    made[2] = await request_next(*arguments, "tsa", key=None, now=later)
    assert await open_requests(site.db, SETTINGS) == sorted(made, key=lambda one: one.name)
    signed = [site.root.sign(one.der, one.extensions, days=390, start=later) for one in made]
    await import_root_list(site.db, site.keyring, site.engine, site.root.crl(at=later), now=later)
    await site.bring_in(signed[:1], now=later)
    await site.bring_in(signed[1:], now=later)
    after = await ca.certify(now=later)
    publisher: Publisher = ca.publisher()
    for leaf, name in ((before, "宁波电子口岸 CA"), (after, "宁波电子口岸 CA 2")):
        issuing, root = ca.authorities.chain_of(leaf)
        assert issuing.subject.common_name == name
        answer = await publisher.ocsp_for_ca(issuing, now=later, since=0)
        status = check_ocsp(site.engine, certificate=issuing, issuer=root, response=answer, at=later)
        assert status.responder.der == signed[1]
    assert await publisher.certificate("tsa") == signed[2]
    assert await check_authorities(site.db) == []
    assert not {"root_responder_due", "root_crl_due"} & await site.warnings(now=later)


async def test_server_with_its_own_root_imports_and_requests_nothing(
    db: Database, keyring: Keyring, engine: Engine, tmp_path: Path
) -> None:
    await init_ca(db, keyring, engine, SETTINGS, NAMES, now=START)
    with pytest.raises(NoCaRequest):
        await request_next(db, keyring, engine, SETTINGS, "tsa", key=None, now=NOW)
    root = make_root(tmp_path / "root", now=START)
    with pytest.raises(NoCaRequest):
        await import_certificates(db, keyring, engine, SETTINGS, [root.certificate], now=NOW)
    with pytest.raises(NoCaRequest):
        await import_root_list(db, keyring, engine, root.crl(at=START), now=NOW)

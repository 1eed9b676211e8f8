"""Each lint finding is caused by bytes with just that fault; the table must name every finding."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.frame import ALGORITHM, KEY_ALGORITHM
from mshield.pki.certificates import extensions as ext
from mshield.pki.certificates import lint, profiles
from mshield.pki.certificates.certificate import Certificate, key_id
from mshield.pki.certificates.extensions import Extension, KeyUse
from mshield.pki.certificates.names import encode
from mshield.pki.certificates.profiles import Rules
from mshield.pki.certificates.tbs import build_tbs
from mshield.pki.errors import LintError
from tests.unit.pki.authority import DAY, NOW, YEAR, authority

A = authority()
LEAF_EXTENSIONS = {e.oid: e for e in A.leaf.extensions}


def leaf_tbs(**changes: object) -> bytes:
    """Returns the TBS of a valid leaf with some arguments of `build_tbs` changed."""
    arguments: dict[str, object] = {
        "serial": A.leaf.serial,
        "issuer_der": A.issuing.subject_der,
        "not_before": NOW,
        "not_after": NOW + YEAR,
        "subject_der": A.leaf.subject_der,
        "public": A.leaf.public_key,
        "extensions": A.leaf.extensions,
    }
    return build_tbs(**(arguments | changes))  # type: ignore[arg-type]  # tests vary any argument


def with_extension(extension: Extension) -> bytes:
    """Returns a leaf's TBS with one extension replaced or added."""
    return leaf_tbs(extensions=tuple((LEAF_EXTENSIONS | {extension.oid: extension}).values()))


def without_extension(oid: str) -> bytes:
    """Returns a leaf's TBS without one extension."""
    return leaf_tbs(extensions=tuple(e for e in A.leaf.extensions if e.oid != oid))


def with_name(*attributes: tuple[str, str]) -> bytes:
    """Returns a leaf's TBS with another subject."""
    return leaf_tbs(subject_der=encode(attributes))


def names(data: bytes, rules: Rules = profiles.LEAF, issuer: Certificate | None = A.issuing) -> set[str]:
    """Returns the names of the findings."""
    return {finding.name for finding in lint.lint(data, rules=rules, issuer=issuer)}


C, O, OU, CN = oids.COUNTRY, oids.ORGANISATION, oids.ORGANISATIONAL_UNIT, oids.COMMON_NAME  # noqa: E741  # X.520's names
GOOD_NAME = ((C, "CN"), (O, "企业"), (OU, "操作员"), (CN, "张伟"))
VERSION = b"\xa0\x03\x02\x01\x02"
GOOD = leaf_tbs()
SHORT_KEY = A.leaf.public_key[:-1] + bytes((A.leaf.public_key[-1] ^ 1,))

BREAKS: list[tuple[str, bytes]] = [
    ("structure", GOOD + b"\x00"),
    ("structure", GOOD[:-1]),
    ("structure", GOOD.replace(der.time(NOW), b"\x17\x0d261301000000Z")),
    ("duplicate_extension", leaf_tbs(extensions=(*A.leaf.extensions, A.leaf.extensions[0]))),
    ("extension_malformed", with_extension(Extension(oids.SUBJECT_KEY_ID, der.null()))),
    (
        "extension_malformed",
        with_extension(Extension(oids.IDENTIFY_CODE, der.printable("110105194912310021"))),
    ),
    ("version", GOOD.replace(VERSION, b"\xa0\x03\x02\x01\x01")),
    ("serial_not_positive", leaf_tbs(serial=0)),
    ("serial_not_positive", leaf_tbs(serial=-A.leaf.serial)),
    ("serial_too_long", leaf_tbs(serial=1 << 159)),
    ("serial_too_short", leaf_tbs(serial=12345)),
    ("signature_algorithm", GOOD.replace(ALGORITHM, der.sequence(der.oid("1.2.156.10197.1.502")))),
    ("key_algorithm", GOOD.replace(KEY_ALGORITHM, KEY_ALGORITHM[:-1] + b"\x2e")),
    ("key_not_on_curve", leaf_tbs(public=SHORT_KEY)),
    ("key_not_on_curve", leaf_tbs(public=b"\x00")),
    ("key_not_on_curve", leaf_tbs(public=bytes((4,)) + bytes(64))),
    ("key_is_issuers", leaf_tbs(public=A.issuing.public_key)),
    ("validity_order", leaf_tbs(not_before=NOW + DAY, not_after=NOW)),
    ("validity_order", leaf_tbs(not_after=NOW)),
    ("validity_too_long", leaf_tbs(not_after=NOW + 5 * YEAR + 3 * DAY)),
    ("validity_outside_issuer", leaf_tbs(not_before=A.issuing.not_before - DAY)),
    (
        "validity_outside_issuer",
        leaf_tbs(not_before=A.issuing.not_after - DAY, not_after=A.issuing.not_after + DAY),
    ),
    ("issuer_name", leaf_tbs(issuer_der=A.root.subject_der)),
    ("attribute_missing", with_name((C, "CN"), (O, "企业"), (CN, "张伟"))),
    ("attribute_not_allowed", with_name(*GOOD_NAME, ("2.5.4.5", "1"))),
    ("attribute_order", with_name((O, "企业"), (C, "CN"), (OU, "操作员"), (CN, "张伟"))),
    ("attribute_order", with_name(*GOOD_NAME, (CN, "李娜"))),
    ("attribute_value", with_name((C, "cn"), *GOOD_NAME[1:])),
    ("attribute_value", with_name(*GOOD_NAME[:3], (CN, "长" * 65))),
    ("attribute_value", with_name(*GOOD_NAME[:3], (CN, "张\u202e伟"))),
    ("attribute_encoding", GOOD.replace(der.printable("CN"), der.utf8("CN"))),
    ("extension_missing", without_extension(oids.KEY_USAGE)),
    ("extension_missing", without_extension(oids.AUTHORITY_KEY_ID)),
    ("extension_missing", without_extension(oids.SUBJECT_KEY_ID)),
    ("extension_missing", without_extension(oids.CRL_DISTRIBUTION_POINTS)),
    ("extension_missing", without_extension(oids.AUTHORITY_INFO_ACCESS)),
    ("extension_missing", without_extension(oids.CERTIFICATE_POLICIES)),
    ("extension_missing", without_extension(oids.EXTENDED_KEY_USAGE)),
    ("extension_missing", without_extension(oids.ORGANISATION_CODE)),
    ("extension_not_allowed", with_extension(Extension("2.5.29.17", der.sequence()))),
    ("extension_not_allowed", with_extension(Extension("2.5.29.54", der.integer(0), critical=True))),
    ("extension_not_allowed", with_extension(ext.ocsp_no_check())),
    ("extension_criticality", with_extension(replace(LEAF_EXTENSIONS[oids.KEY_USAGE], critical=False))),
    ("extension_criticality", with_extension(replace(LEAF_EXTENSIONS[oids.SUBJECT_KEY_ID], critical=True))),
    ("basic_constraints", with_extension(ext.basic_constraints())),
    ("key_usage", with_extension(ext.key_usage(KeyUse.DIGITAL_SIGNATURE))),
    (
        "key_usage",
        with_extension(ext.key_usage(KeyUse.DIGITAL_SIGNATURE, KeyUse.NON_REPUDIATION, KeyUse.CRL_SIGN)),
    ),
    ("extended_key_usage", with_extension(ext.extended_key_usage(oids.DOCUMENT_SIGNING, oids.CLIENT_AUTH))),
    ("extended_key_usage", with_extension(ext.extended_key_usage(oids.OCSP_SIGNING))),
    ("subject_key_id", with_extension(ext.subject_key_id(bytes(20)))),
    ("authority_key_id", with_extension(ext.authority_key_id(key_id(A.root.public_key)))),
    ("url_missing", with_extension(ext.crl_distribution_points(()))),
    ("url_missing", with_extension(ext.authority_info_access(ocsp=None, ca_issuer="http://a/b"))),
    ("url_missing", with_extension(ext.authority_info_access(ocsp="http://a/b", ca_issuer=None))),
    ("url_form", with_extension(ext.crl_distribution_points(("ldap://a/b",)))),
    ("url_form", with_extension(ext.crl_distribution_points(("http://a/b c",)))),
    ("policies", with_extension(Extension(oids.CERTIFICATE_POLICIES, der.sequence()))),
]
BY_ISSUER: list[tuple[str, Rules, Certificate | None]] = [
    ("no_issuer", profiles.LEAF, None),
    ("has_issuer", profiles.ROOT, A.issuing),
    ("issuer_not_ca", profiles.LEAF, A.ocsp),
]


@pytest.mark.parametrize(
    ("data", "rules", "issuer"),
    [
        (A.root.tbs, profiles.ROOT, None),
        (A.issuing.tbs, profiles.ISSUING, A.root),
        (A.leaf.tbs, profiles.LEAF, A.issuing),
        (A.ocsp.tbs, profiles.OCSP, A.issuing),
        (GOOD, profiles.LEAF, A.issuing),
        (with_name(*GOOD_NAME), profiles.LEAF, A.issuing),
    ],
)
def test_valid_certificates_have_no_finding(data: bytes, rules: Rules, issuer: Certificate | None) -> None:
    assert lint.lint(data, rules=rules, issuer=issuer) == ()


@pytest.mark.parametrize(("name", "data"), BREAKS, ids=[f"{i}-{name}" for i, (name, _) in enumerate(BREAKS)])
def test_each_fault_is_named(name: str, data: bytes) -> None:
    assert name in names(data)


@pytest.mark.parametrize(("name", "rules", "issuer"), BY_ISSUER)
def test_issuer_must_match_the_profile(name: str, rules: Rules, issuer: Certificate | None) -> None:
    assert name in names(GOOD, rules, issuer)


def test_every_finding_of_the_lint_is_tested() -> None:
    source = Path(lint.__file__).read_text(encoding="utf-8")
    assert set(re.findall(r'Finding\("(\w+)"', source)) == {n for n, _ in BREAKS} | {
        n for n, _, _ in BY_ISSUER
    }


def test_a_finding_stops_issuance_before_the_key_is_used() -> None:
    class NeverSigns:
        public = A.issuing.public_key

        def sign(self, _tbs: bytes) -> None:
            raise AssertionError("signed in spite of the lint")

    with pytest.raises(LintError) as caught:
        A.issue(signer=NeverSigns(), serial=5)
    assert caught.value.code == "lint_failed"
    assert [finding.name for finding in caught.value.findings] == ["serial_too_short"]
    assert "serial_too_short" in str(caught.value)


def test_the_profiles_differ() -> None:
    assert names(A.leaf.tbs, profiles.OCSP) >= {"extension_missing", "extension_not_allowed", "key_usage"}
    assert names(A.issuing.tbs, profiles.LEAF, A.root) >= {"basic_constraints", "key_usage"}
    assert "basic_constraints" in names(A.root.tbs, profiles.ISSUING, A.root)

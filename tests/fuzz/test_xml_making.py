"""XML to be signed: any input has a canonical form that the phone accepts, or a reason for its refusal."""

from pathlib import Path
from typing import Final

from mshield.pki.errors import XML_REASONS, XmlError
from mshield.pki.xml.by_libxml2 import canonical_by_libxml2
from mshield.pki.xml.canonical import canonical_document, require_canonical
from mshield.pki.xml.making import canonical_content
from mshield.pki.xml.plain import plain_canonical
from mshield.pki.xml.reader import read_xml
from tests.fuzz import mutations
from tests.fuzz.running import fuzz

_ROOT: Final = Path(__file__).parents[2]
_GOOD: Final = [
    *(file.read_bytes() for file in sorted((_ROOT / "vectors/formats/canonical").glob("*.xml"))),
    *(file.read_bytes() for file in sorted((_ROOT / "vectors/views/shipped/contents").glob("*.xml"))),
]


def check(data: bytes) -> None:
    quick, content, reason = {plain_canonical(data), canonical_by_libxml2(data)}, None, None
    try:
        content = canonical_content(data)
    except XmlError as error:
        reason = error.reason
    if content is None:
        assert reason in XML_REASONS
        assert quick == {None}
        return
    assert content == canonical_document(read_xml(data))
    assert quick <= {None, content}
    require_canonical(content)
    assert canonical_content(content) == content


def test_any_xml_to_sign_is_canonicalised_or_refused() -> None:
    assert len(_GOOD) > 10
    fuzz("xml_making", mutations.changed(_GOOD), check)

"""The signed bytes of a document: every phone must compute the same."""

from typing import Any

import pytest

from mshield.gm.sm3 import sm3
from mshield.pki.errors import CmsError, DerError
from mshield.pki.signatures.display import display_bytes
from mshield.pki.signatures.signed_attributes import is_like_attributes, parse_signed_attributes
from tests.support.signed_data import attributes_of
from tests.vectors.files import load

VECTORS = load("documents.json")


@pytest.mark.parametrize("vector", VECTORS["documents"], ids=lambda vector: vector["comment"])
def test_message_matches_the_vector(vector: dict[str, Any]) -> None:
    content = bytes.fromhex(vector["content"])
    lines = [(line["label"], line["value"]) for line in vector["display"]]
    shown = {
        "title": vector["title"],
        "media_type": vector["media_type"],
        "size": len(content),
        "lines": lines,
    }
    assert display_bytes(**shown).hex() == vector["display_json"]
    found = attributes_of(digest=sm3(content), **shown)
    assert found.encode().hex() == vector["M"]
    assert parse_signed_attributes(found.encode()) == found


@pytest.mark.parametrize("vector", VECTORS["not_attributes"], ids=lambda vector: vector["comment"])
def test_invalid_message_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises((DerError, CmsError)):
        parse_signed_attributes(bytes.fromhex(vector["M"]))


@pytest.mark.parametrize("vector", VECTORS["raw"], ids=lambda vector: vector["comment"])
def test_raw_content_like_attributes_is_detected(vector: dict[str, Any]) -> None:
    assert is_like_attributes(bytes.fromhex(vector["content"])) == vector["refused"]

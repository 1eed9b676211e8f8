"""XML to be signed: canonical forms, the fast way to them, SignedInfo and the finished file."""

import base64
import json
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mshield.gm.sm3 import sm3
from mshield.pki.errors import XML_REASONS, XmlError
from mshield.pki.xml.by_libxml2 import canonical_by_libxml2
from mshield.pki.xml.canonical import canonical_document, require_canonical, require_signable
from mshield.pki.xml.making import (
    canonical_content,
    content_in,
    key_name_in,
    serial_name,
    signed_file,
    signed_info,
)
from mshield.pki.xml.plain import plain_canonical
from mshield.pki.xml.reader import read_xml

FORMATS: Final = Path(__file__).parents[3] / "vectors/formats"
CASES: Final[list[dict[str, Any]]] = [
    case
    for case in json.loads((FORMATS / "index.json").read_text())["vectors"]
    if case["kind"] == "canonical"
]
EPORT: Final = "http://www.chinaport.gov.cn/ceb"


def by_the_reader(octets: bytes) -> bytes:
    document = read_xml(octets)
    require_signable(document)
    assert not document.has_comments
    return canonical_document(document)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_canonical_content_is_unchanged_and_its_message_matches_the_vector(case: dict[str, Any]) -> None:
    content = (FORMATS / case["file"]).read_bytes()
    if case["expect"] == "accept":
        assert canonical_content(content) == content
        assert base64.b64encode(signed_info(content, sm3(content))).decode() == case["m"]
        return
    with pytest.raises(XmlError):
        require_canonical(content)
    made = reason = None
    try:
        made = canonical_content(content)
    except XmlError as error:
        reason = error.reason
    if made is None:
        assert reason in XML_REASONS
    else:
        require_canonical(made)
        assert made != content


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"<a><!-- b --></a>", "comment"),
        (b"<a/><!-- b -->", "comment"),
        (b"<!DOCTYPE a><a/>", "doctype"),
        (b'<a xmlns:ds="urn:b"/>', "ds_prefix"),
        (b"<a><?b c?></a>", "instruction"),
        (b"<a>\xff</a>", "not_utf_8"),
        (b"<?xml version='1.0' encoding='GBK'?><a/>", "not_well_formed"),
        (b"<a><b></a></b>", "not_well_formed"),
        (b"<a></a><a></a>", "not_well_formed"),
        (b"<r><a<b>x</b>>y</a></r>", "not_well_formed"),
        (b"<r><a>y</<b>x</b>a></r>", "not_well_formed"),
        (b'<r><a k="<b>x</b>">y</a></r>', "not_well_formed"),
        (b"<a></a><b></b>", "not_well_formed"),
        (b"<a></a>b", "not_well_formed"),
        (b"<a>&b;</a>", "not_well_formed"),
        (b"<a>\x01</a>", "not_well_formed"),
        ("<a>\ufffe</a>".encode(), "not_well_formed"),
        (b"<a>]]></a>", "not_well_formed"),
        (b"<a><b:c></b:c></a>", "not_well_formed"),
        (b'<a xmlns:b="c"/>', "not_well_formed"),
        (b"", "not_well_formed"),
        (b'<a><Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/></a>', "signed"),
        (b'<a xmlns:d="http://www.w3.org/2000/09/xmldsig#"><d:Signature></d:Signature></a>', "signed"),
        (b"<a>" * 65 + b"</a>" * 65, "too_deep"),
        (b"<a>" + b"b" * (4 * 1024 * 1024) + b"</a>", "too_long"),
        (b"<a>" + b"b" * (8 * 1024 * 1024) + b"</a>", "too_long"),
        (b'<a xml:lang="zh"/>', "xml_attribute"),
    ],
)
def test_unsignable_xml_is_refused_with_its_reason(octets: bytes, reason: str) -> None:
    with pytest.raises(XmlError) as error:
        canonical_content(octets)
    assert error.value.reason == reason
    assert plain_canonical(octets) is None
    assert canonical_by_libxml2(octets) is None


@pytest.mark.parametrize(
    "octets",
    [
        b"<a></a>",
        b"<a/>",
        b"\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?>\r\n<a>\r\n <b>c\rd</b>\r\n</a>\r\n",
        "<申报><a>报</a></申报>".encode(),
        f'<c:M b="2" a=\'1 "\'\n xmlns:x="urn:x" xmlns:c="{EPORT}"><c:N>&amp;&lt;&gt;"</c:N><c:O /></c:M>'.encode(),
        b'<a xmlns="urn:b"><c><d>e</d>f</c><g/></a>',
        b'<a xmlns:x="u:>"><x:b>1</x:b></a>',
        b'<a x:b="1" xmlns:x="urn:x"><c x:d="&#x9;"/></a>',
        b"<a>&#65;<![CDATA[<b>]]></a>",
        b"<a>>b</a>",
        b'<a><b c="1" a="2">3</b></a>',
        b"<a><b c='1'>3</b></a>",
        b'<a><b xmlns="urn:c">3</b></a>',
        b'<a><b xmlns:c="urn:c">3</b></a>',
        b'<a><b c="&gt;">3</b></a>',
        "<a><b·>3</b·><的·>1</的·></a>".encode(),
        "<a b='1' 的='2' c='3'><b 的='1'/></a>".encode(),
        b'<a b="/"/>',
        b"<a ><b >c</b ></a >",
    ],
)
def test_every_way_leads_to_one_canonical_form(octets: bytes) -> None:
    content = canonical_content(octets)
    assert content == by_the_reader(octets)
    require_canonical(content)
    assert canonical_content(content) == content
    assert plain_canonical(octets) in {None, content}
    assert canonical_by_libxml2(octets) in {None, content}


def test_most_documents_take_the_fast_path() -> None:
    for octets in (
        f'<?xml version="1.0"?>\r\n<c:M xmlns:c="{EPORT}" id="1">\r\n<c:N>报</c:N><c:O/></c:M>'.encode(),
        b"<a><b><c>&amp;</c></b><b/></a>",
        b'<a xmlns="urn:b"><c>d</c></a>',
        '<报关单 版本="1.0" 标志="进"><毛重 单位="千克">1</毛重><商品 项号="1"/></报关单>'.encode(),
    ):
        assert plain_canonical(octets) == by_the_reader(octets)


_TOKENS: Final = [
    "<a>", "</a>", "<b>", "</b>", "<x:a>", "</x:a>", "<b/>", "<b />", '<a c="d">', "<x:b/>", "text", "&amp;", "&gt;",
    "&quot;", '<b c="d">', '<b xmlns="urn:z">', '<b x:c="d">', '<b c="d" />', '<b c="&gt;">', '<b c=">">',
    "<报>", "</报>", ">", "\n", "\r\n", "<!-- -->", "<?p?>", "<![CDATA[", "]]>", "&#13;", "文", '"', "/", "<",
    "<a", "</", "a>", '<a c="', '">',
]  # fmt: skip
_ROOTS: Final = [
    '<x:a  c="2"\n xmlns:y="urn:y" xmlns:x="urn:x" b="1" >',
    '<a xmlns:x="urn:x" x:b="1" c="2">',
    '<a xmlns:x="urn:x" xmlns:x="urn:y">',
    '<a b="1" b="2">',
    '<a xmlns:x="">',
    '<a xmlns="">',
    '<a xmlns:x="x">',
    '<a xmlns:xml="urn:x">',
    '<a xmlns:ds="urn:x">',
    '<a xmlns:x="http://www.w3.org/2000/09/xmldsig#">',
    '<a xmlns:x="http://www.w3.org/XML/1998/namespace">',
    '<a xml:lang="x">',
    "<a>",
    '<a xmlns:x="urn:x">',
    '<x:a xmlns:x="urn:x" b="/">',
    '<a xmlns="urn:y" d="&lt;" c=\'"\'>',
]


_TEXTS: Final = st.sampled_from(
    ["", "1", "文", " ", "\n", "\r", "&amp;", "&lt;", "&gt;", '"', "'", "/", "=", "&#65;", ">"]
)
_TAGS: Final = [
    ("<a>", "</a>"), ("<x:a>", "</x:a>"), ("<报>", "</报>"), ('<a c="d/e">', "</a>"), ('<a c=">">', "</a>"),
    ('<a c="&amp;">', "</a>"), ('<a xmlns="urn:b">', "</a>"), ('<a x:c="">', "</a>"), ("<a >", "</a >"), ("<b/>", ""),
    ('<b c="d"/>', ""), ("<y:a>", "</y:a>"), ('<a d="1" c="2">', "</a>"), ("<a><", "</a>"), ("<![CDATA[<a>", "</a>]]>"),
]  # fmt: skip
_TREES: Final = st.recursive(
    _TEXTS,
    lambda inner: st.tuples(st.sampled_from(_TAGS), st.lists(inner, max_size=3), _TEXTS).map(
        lambda one: f"{one[0][0]}{''.join(one[1])}{one[0][1]}{one[2]}"
    ),
    max_leaves=12,
)


@given(st.sampled_from(_ROOTS), st.lists(st.sampled_from(_TOKENS), max_size=14).map("".join) | _TREES)
def test_fast_paths_agree_with_the_reader(root: str, inside: str) -> None:
    name = root[1:].partition(" ")[0].rstrip(">")
    octets = f"{root}{inside}</{name}>".encode()
    for quick in (plain_canonical(octets), canonical_by_libxml2(octets)):
        if quick is not None:
            assert quick == by_the_reader(octets)
            require_canonical(quick)


@pytest.mark.parametrize("profile", ["eport-2022", "eport-2023"])
def test_the_file_holds_content_and_message_in_their_places(profile: Any) -> None:
    content = f'<M xmlns="{EPORT}" xmlns:x="urn:x&amp;y" a="1"><N>1</N></M>'.encode()
    digest = sm3(content)
    file = signed_file(
        content, digest, profile, value=bytes(64), key_name=serial_name(0xAB), certificate=b"certificate"
    )
    assert key_name_in(file) == "00000000000000ab"
    assert content_in(file) == content
    head = b'<ds:SignedInfo xmlns="%b" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:x="urn:x&amp;y">'
    message = signed_info(content, digest, profile)
    assert message.startswith(head % EPORT.encode())
    assert file.endswith(b"</ds:Signature></M>")
    method = b"http://www.w3.org/2000/09/xmldsig#sm2-sm3"
    assert (b'SignatureMethod Algorithm="%b"' % method in message) == (profile == "eport-2023")


@pytest.mark.parametrize("file", [b"", b"<a/>", b'<?xml version="1.0" encoding="UTF-8"?>\n<a></a>'])
def test_unfinished_file_is_refused(file: bytes) -> None:
    for read in (content_in, key_name_in):
        with pytest.raises(XmlError):
            read(file)

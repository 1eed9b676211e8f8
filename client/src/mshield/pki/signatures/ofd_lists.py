"""Detection of the XML lists by which an OFD file (GB/T 33190, GM/T 0099) is signed.

Whoever signs such a list signs a file that nobody saw. The check is deliberately wider than any reader of
OFD: content that might be such a list counts as one.
"""

import re
from typing import Final

_SPACE: Final = " \t\r\n"
_LIST: Final = re.compile(r"<(?:([^ \t\r\n<>/:=&\"']+):)?(?:Signatures?|DocEntries)(?![A-Za-z0-9._:-])")
_ATTRIBUTE: Final = re.compile(
    r"[ \t\r\n]+([^ \t\r\n=<>\"'/]+)[ \t\r\n]*=[ \t\r\n]*(?:\"([^\"<]*)\"|'([^'<]*)')"
)
_DECLARED: Final = re.compile(r"<\?xml[ \t\r\n][^>]*?encoding[ \t\r\n]*=[ \t\r\n]*[\"']([^\"'>]*)")
_NO_SHIFTS: Final = re.compile(
    r"utf-?8|utf-16(?:le|be)?|utf-32(?:le|be)?|us-ascii|ascii|iso-8859-[0-9]{1,2}|windows-[0-9]{3,4}"
    r"|gbk|gb2312|gb18030|cp936|big5",
    re.IGNORECASE,
)
"""Encodings in which no octet of another character looks like markup."""

_BEGIN: Final = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*<")
_EBCDIC: Final = b"\x4c\x6f\xa7\x94"
_FIRST: Final = frozenset({b"<", b" ", b"\t", b"\r", b"\n", b"\x00", b"\xef", b"\xfe", b"\xff"})
"""Octets with which a list can begin: markup, blanks, and byte order marks."""
_OFD: Final = "ofdspec"
_BEGINNINGS: Final = (
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
    (b"<\x00", "utf-16-le"),
    (b"\xef\xbb\xbf", "latin-1"),
)


def is_ofd_list(content: bytes) -> bool:
    """Reports whether the first element may be OFD's Signature, Signatures or DocEntries, in any encoding.

    Such an element in a namespace that is certainly not OFD's is another thing, such as XML's Signature.
    """
    if content.startswith(_EBCDIC):
        return True
    # JSON, PDF and most text are decided by one octet, since each request asks.
    text = _xml_text(content) if content[:1] in _FIRST else None
    if text is None:
        return False
    declared = _DECLARED.match(text)
    if declared is not None and not _NO_SHIFTS.fullmatch(declared[1]):
        return True
    start = _first_element(text)
    if start is None:
        return False
    if start < 0:  # a DOCTYPE, which may bind the prefix
        return _LIST.search(text) is not None
    match = _LIST.match(text, start)
    return match is not None and _may_be_ofd(text, match.end(), match[1])


def _xml_text(content: bytes) -> str | None:
    """Returns the content as text from its first `<`, ASCII characters exact; None if it doesn't begin with one."""
    encoding = next((name for mark, name in _BEGINNINGS if content.startswith(mark)), "latin-1")
    if encoding == "latin-1" and _BEGIN.match(content) is None:
        return None
    text = content.decode(encoding, "replace").lstrip("\ufeff\xef\xbb\xbf" + _SPACE)
    return text if text.startswith("<") else None


def _first_element(text: str) -> int | None:
    """Returns where the first element begins; -1 if a DOCTYPE is before it, None if there is no element."""
    at = 0
    while at >= 0:
        if text.startswith("<?", at):
            at = text.find("?>", at)
        elif text.startswith("<!--", at):
            at = text.find("-->", at + 4)
        elif text.startswith("<!", at):
            return -1
        else:
            return at
        at = text.find("<", at) if at >= 0 else at
    return None


def _may_be_ofd(text: str, at: int, prefix: str | None) -> bool:
    """Reports whether the tag, whose attributes begin here, leaves open that the prefix is OFD's."""
    name = "xmlns" if prefix is None else f"xmlns:{prefix}"
    while (attribute := _ATTRIBUTE.match(text, at)) is not None:
        at = attribute.end()
        if attribute[1] == name:
            value = attribute[2] or attribute[3] or ""
            return not value or "&" in value or _OFD in value.lower()
    return True

"""XML that is signed in its canonical form: checked, drawn and compared by one reading, in phone and verifier."""

from functools import partial
from typing import Literal, assert_never

from mshield.pki.xml.making import Profile, read_to_sign
from mshield.pki.xml.reader import Document, End, Instruction, Start
from mshield.views import ReadContent, ViewError, read_content
from mshield.views.content.built import TreeBuilder
from mshield.views.content.tree import Node


def reading_of(content: bytes, message: bytes, profile: Profile) -> ReadContent:
    """How such content is read to be drawn: it was read here, and can't be read otherwise.

    Raises XmlError for what isn't canonical, or not what the message, its SignedInfo, is of.
    """
    return partial(_read, read_to_sign(content, message, profile))


def document_tree(document: Document) -> Node:
    """The tree of a document as views have it; ViewError `content` for what they don't draw."""
    builder = TreeBuilder()
    for item in document.items:
        match item:
            case Start():
                name = (item.prefix, item.local, item.namespace)
                attributes = [(a.prefix, a.local, a.namespace, a.value) for a in item.attributes]
                builder.start(name, item.declared, attributes)
            case End():
                builder.end()
            case str():
                builder.text(item)
            case Instruction():
                raise ViewError("content")
            case _:
                assert_never(item)
    return builder.root


def _read(document: Document, content: bytes, kind: Literal["xml", "json"]) -> Node:
    return document_tree(document) if kind == "xml" else read_content(content, kind)

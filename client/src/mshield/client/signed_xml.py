"""Signed canonical XML: parsed once, then checked, rendered and compared, in phone and verifier."""

from functools import partial
from typing import Literal, assert_never

from mshield.pki.xml.making import Profile, read_to_sign
from mshield.pki.xml.reader import Document, End, Instruction, Start
from mshield.views import ReadContent, ViewError, read_content
from mshield.views.content.built import TreeBuilder
from mshield.views.content.tree import Node


def reading_of(content: bytes, message: bytes, profile: Profile) -> ReadContent:
    """Returns a parser for rendering that reuses this one parse, so that what is checked is what is rendered.

    Raises: XmlError unless the content is canonical and the message is its SignedInfo.
    """
    return partial(_read, read_to_sign(content, message, profile))


def document_tree(document: Document) -> Node:
    """Converts a document to the tree of views. Raises: ViewError (`content`) for what they don't render."""
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

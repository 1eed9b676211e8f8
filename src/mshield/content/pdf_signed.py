"""Revisions of a PDF that somebody signed: what a signature covers, and what the update that brought it may replace.

A signature's update replaces objects: the root gets a form, the page an annotation, the form a field more. Nothing else
of a file may be replaced, and what was added last is covered by the last signature.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from mshield.content.pdf_fields import is_signed_field
from mshield.content.pdf_objects import Objects

Held = Mapping[str, Any]

_OF_ROOT: Final = frozenset({"/AcroForm", "/Version", "/Extensions", "/Perms"})
_OF_FORM: Final = frozenset({"/Fields", "/SigFlags", "/DA", "/DR"})


def ends_of_signatures(objects: Objects, octets: bytes) -> set[int] | None:
    """Where the revisions end that signatures cover; None where one covers something else than a revision."""
    ends = set()
    for held in objects.all():
        signature = objects.dictionary(held)
        if "/ByteRange" not in signature:
            continue
        numbers = objects.at(signature["/ByteRange"])
        if not isinstance(numbers, list) or len(numbers) != 4 or not all(isinstance(n, int) for n in numbers):
            return None
        first, start, end, rest = numbers
        if first or not 0 < start < end < end + rest <= len(octets):
            return None
        if (
            octets[start : start + 1] != b"<"
            or octets[end - 1 : end] != b">"
            or b">" in octets[start : end - 1]
        ):
            return None
        ends.add(end + rest)
    return ends


def is_of_a_signature(earlier: Objects, later: Objects, changed: Collection[str]) -> bool:
    """Whether what a revision changed of the one before, by its references, is no more than a signature has to."""
    return all(_may_change(earlier, later, name) for name in changed)


def _may_change(earlier: Objects, later: Objects, name: str) -> bool:
    was, now = earlier.at(name), later.at(name)
    if isinstance(was, list) and isinstance(now, list):
        return _adds_fields(later, was, now)
    old, new = earlier.dictionary(name), later.dictionary(name)
    if not old or not new or was is not old or now is not new:  # a stream among them
        return False
    if name == earlier.trailer.get("/Root") == later.trailer.get("/Root"):
        return _differing(old, new) <= _OF_ROOT and _form_grows(
            later, earlier.dictionary(old.get("/AcroForm")), later.dictionary(new.get("/AcroForm"))
        )
    if name == earlier.dictionary(earlier.trailer.get("/Root")).get("/AcroForm"):
        return _form_grows(later, old, new)
    if earlier.at(old.get("/Type")) == "/Page":
        before, after = earlier.at(old.get("/Annots", [])), later.at(new.get("/Annots"))
        return _differing(old, new) == {"/Annots"} and _adds_fields(later, before, after)
    return name == later.trailer.get("/Info") and _is_free(earlier, name) and _is_free(later, name)


def _differing(old: Held, new: Held) -> set[str]:
    return {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}


def _form_grows(later: Objects, old: Held, new: Held) -> bool:
    if not _differing(old, new) <= _OF_FORM:
        return False
    before, after = old.get("/Fields", []), new.get("/Fields", [])
    if before == after:
        return True  # also where it is an object, which is looked at by itself
    return _adds_fields(later, later.at(before), later.at(after))


def _adds_fields(later: Objects, was: Any, now: Any) -> bool:
    """Whether a list has what it had, and behind that fields that hold signatures."""
    if not isinstance(was, list) or not isinstance(now, list) or now[: len(was)] != was:
        return False
    return all(is_signed_field(later, added) for added in now[len(was) :])


def _is_free(objects: Objects, name: str) -> bool:
    """Whether nothing but words about the file stands there, and only the trailer refers to it."""
    held = objects.at(name)
    values = held.values() if isinstance(held, dict) else [None]
    if not all(isinstance(value, str) and not value.endswith(" R") for value in values):
        return False
    return not any(name in _references(held) for held in objects.all())


def _references(held: Any) -> Iterator[str]:
    waiting = [held]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, str):
            yield one

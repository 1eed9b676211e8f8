"""Bodies: every encoding of a message means the same or is refused; repeated or unknown fields are refused."""

import json
import re
from typing import Annotated

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mshield.server.errors import InvalidRequest
from mshield.server.http.body import Wire, decode
from mshield.server.signing.errors import Malformed
from mshield.wire.messages import Epoch, Hex16, ProtocolWire


class Line(Wire, frozen=True):
    """A line."""

    label: str
    value: str = ""


class Message(Wire, frozen=True):
    """A message with all kinds of fields."""

    sid: Hex16
    epoch: Epoch
    text: str | None
    lines: Annotated[tuple[Line, ...], msgspec.Meta(max_length=3)] = ()


class OfTheProtocol(ProtocolWire, frozen=True):
    """The message as one of the co-signing protocol."""

    sid: Hex16
    epoch: Epoch
    text: str | None
    lines: Annotated[tuple[Line, ...], msgspec.Meta(max_length=3)] = ()


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
LINES = st.builds(Line, TEXTS, TEXTS)
MESSAGES = st.builds(
    Message,
    st.binary(min_size=16, max_size=16).map(bytes.hex),
    st.integers(0, 2**32 - 1),
    st.none() | TEXTS,
    st.lists(LINES, max_size=3).map(tuple),
)
FORMS = st.sampled_from(
    [
        {"separators": (",", ":"), "ensure_ascii": False},
        {"separators": (",", ":")},
        {"indent": 2},
        {"sort_keys": True},
    ]
)


@given(MESSAGES, FORMS)
def test_every_way_to_write_a_message_is_read_as_that_message(
    message: Message, form: dict[str, object]
) -> None:
    body = json.dumps(msgspec.to_builtins(message), **form).encode()  # type: ignore[arg-type]  # json's options by name
    assert decode(body, Message) == message


@pytest.mark.parametrize(
    "text", [rb"\ud800", rb"a\udfffb", rb"\u0000", rb"\ud83d\ud83d\ude00", b"\xed\xa0\x80"]
)
@pytest.mark.parametrize("place", [b'"text":"%s"', b'"text":null,"lines":[{"label":"%s"}]'])
def test_invalid_text_is_refused(text: bytes, place: bytes) -> None:
    with pytest.raises(Malformed):
        decode(b'{"sid":"%s","epoch":1,%s}' % (b"00" * 16, place % text), Message)


def test_escaped_text_is_read() -> None:
    body = rb'{"sid":"%s","epoch":1,"text":"\u62a5\ud83d\ude00\\u0000"}' % (b"00" * 16)
    assert decode(body, Message).text == "报😀\\u0000"


@given(MESSAGES, st.sampled_from(["sid", "epoch", "text", "lines"]), st.sampled_from(["before", "after"]))
def test_repeated_field_is_refused_even_with_the_same_value(message: Message, name: str, where: str) -> None:
    written = msgspec.json.encode(message)
    again = json.dumps({name: msgspec.to_builtins(message)[name]}).encode()[1:-1]
    body = b"{" + again + b"," + written[1:] if where == "before" else written[:-1] + b"," + again + b"}"
    with pytest.raises(Malformed):
        decode(body, Message)


@given(MESSAGES, LINES)
def test_a_repeated_field_further_in_is_refused(message: Message, line: Line) -> None:
    body = msgspec.json.encode(msgspec.structs.replace(message, lines=(line,)))
    with pytest.raises(Malformed):
        decode(body.replace(b'{"label":', b'{"label":"x","label":'), Message)


ENDS = st.text(st.sampled_from('"\\\\,:{}a中'), max_size=5)


@given(MESSAGES, ENDS, ENDS, st.sampled_from(["sid", "epoch", "text", "lines"]))
def test_repeated_field_of_a_large_body_is_refused(message: Message, start: str, end: str, name: str) -> None:
    message = msgspec.structs.replace(message, text=start + "A" * 300_000 + end)
    body = msgspec.json.encode(message)
    assert decode(body, Message) == message
    again = msgspec.json.encode({name: msgspec.to_builtins(message)[name]})[1:-1]
    with pytest.raises(Malformed):
        decode(body[:-1] + b"," + again + b"}", Message)


@given(MESSAGES)
def test_a_field_too_many_or_too_few_is_refused(message: Message) -> None:
    fields = msgspec.to_builtins(message)
    lacks = {"sid": fields["sid"], "epoch": fields["epoch"]}
    for changed, name in (({**fields, "more": 1}, "more"), (lacks, "text")):
        with pytest.raises(InvalidRequest) as caught:
            decode(json.dumps(changed).encode(), Message)
        assert caught.value.extra == {"fields": [name]}
        with pytest.raises(Malformed) as refused:
            decode(json.dumps(changed).encode(), OfTheProtocol)
        assert refused.value.extra == {}


FOREIGN = st.text(max_size=200)


@given(FOREIGN, FOREIGN)
def test_refusals_repeat_only_harmless_characters_of_unknown_fields(name: str, value: str) -> None:
    with pytest.raises((InvalidRequest, Malformed)) as caught:
        decode(json.dumps({"a" + name: value}).encode(), Message)
    fields = caught.value.extra.get("fields", [])
    assert isinstance(fields, list)
    assert all(re.fullmatch(r"[A-Za-z0-9_.\[\]$-]{0,100}", str(each)) for each in fields)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'{"sid":"' + b"0" * 32 + b'","epoch":NaN,"text":null}',
        b'{"sid":"' + b"0" * 32 + b'","epoch":1.5,"text":null}',
        b'{"sid":"' + b"0" * 32 + b'","epoch":true,"text":null}',
        b'{"sid":"' + b"0" * 32 + b'\\n","epoch":1,"text":null}',
        b'{"sid":"' + b"0" * 32 + b'","epoch":1,"text":null}x',
        b'{"sid":"' + b"0" * 32 + b'","epoch":1,"text":"\xff"}',
        b"[" * 100_000,
    ],
)
def test_other_messages_are_refused(body: bytes) -> None:
    with pytest.raises((InvalidRequest, Malformed)):
        decode(body, Message)
    with pytest.raises(Malformed):
        decode(body, OfTheProtocol)

"""Record of a key ceremony: what was made, when, where, and who was present; signed by each of them.

A person's signature is SM2 with SM3 under the default user id over `signed_octets`, by any key of theirs, such
as one in a USB key or of `openssl`. This module never has a person's private key. All sign the same record,
which names all keys, so each of them also vouches for the others' presence.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from html import escape
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from mshield.gm.engine import Engine
from mshield.gm.errors import BadSignature, GmError
from mshield.gm.sm2 import Signature, verify
from mshield.pki.certificates.certificate import parse_certificate
from mshield.pki.certificates.csr import read_request
from mshield.pki.certificates.names import fault
from mshield.pki.certificates.point import on_curve
from mshield.pki.errors import PkiError
from mshield.server.acts.actor import SERVICE
from mshield.server.acts.rows import acts
from mshield.server.authorities.authority import ROOT, no_authority
from mshield.server.authorities.rows.authorities import (
    crl_der,
    latest_crl,
    list_authorities,
    list_cross,
    list_requests,
)
from mshield.server.database.interface import Database, Tx
from mshield.server.keys.errors import KeysError
from mshield.server.log.rows.log import acts_on_authorities

TYPE: Final = "mshield-ceremony/v1"
MAX_BYTES: Final = 256 * 1024
ACT: Final = "ca.ceremony"

Text = Annotated[str, Meta(min_length=1, max_length=500)]
Name = Annotated[str, Meta(min_length=1, max_length=64)]
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
PublicKey = Annotated[str, Meta(pattern="^04[0-9a-f]{128}$")]


class BadCeremony(KeysError):
    """A ceremony's record is malformed, not signed by all, or not about this CA; `findings` names each fault."""

    code = "bad_ceremony"

    def __init__(self, *findings: tuple[str, str]) -> None:
        self.findings = findings
        self.extra = {"findings": [{"code": code, "detail": detail} for code, detail in findings]}
        text = "; ".join(f"{code}: {detail}" if detail else code for code, detail in findings)
        super().__init__(f"仪式记录有误：{text}", f"the ceremony's record is wrong: {text}")


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody present, with the SM2 public key (65 bytes, hex) that their signature must verify under."""

    name: Name
    role: Name
    key: PublicKey


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Certificate, request or list (SHA-256 of its DER); `key_sha256` is that of the SM2 public key."""

    kind: Annotated[str, Meta(pattern="^(certificate|request|crl|cross)$")]
    name: Name
    sha256: Sha256
    subject: Annotated[str, Meta(max_length=200)] = ""
    key_sha256: Annotated[str, Meta(pattern="^([0-9a-f]{64})?$")] = ""


class Done(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Act on an authority that the service recorded, at `at` (ms)."""

    act: Name
    subject: Name
    at: int


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What those present sign; times in ms since the epoch."""

    type: Annotated[str, Meta(pattern="^mshield-ceremony/v1$")]
    what: Text
    place: Text
    begun_at: int
    ended_at: int
    people: Annotated[tuple[Person, ...], Meta(min_length=2, max_length=20)]
    items: Annotated[tuple[Item, ...], Meta(min_length=1, max_length=200)]
    acts: Annotated[tuple[Done, ...], Meta(max_length=500)]
    notes: Annotated[tuple[Text, ...], Meta(max_length=100)] = ()


class Confirmation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person's signature (DER, hex)."""

    name: Name
    signature: Annotated[str, Meta(pattern="^[0-9a-f]{16,160}$")]


class Ceremony(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file: the record and the signatures on it so far."""

    record: Record
    signatures: Annotated[tuple[Confirmation, ...], Meta(max_length=20)] = ()


def signed_octets(record: Record) -> bytes:
    """Returns what each person signs: the type, a newline, the record as JSON with sorted keys and no blanks."""
    value = msgspec.to_builtins(record)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"{TYPE}\n{text}".encode()


def digest_of(record: Record) -> str:
    """Returns SHA-256 (hex) of `signed_octets`: the number that those present compare aloud."""
    return sha256(signed_octets(record)).hexdigest()


def read_ceremony(data: bytes) -> Ceremony:
    """Reads a file. Raises: BadCeremony."""
    if len(data) > MAX_BYTES:
        raise BadCeremony(("too_large", f"{len(data)} octets"))
    try:
        ceremony = msgspec.json.decode(data, type=Ceremony)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadCeremony(("unreadable", str(error))) from error
    _require_sound(ceremony.record)
    return ceremony


def write_ceremony(ceremony: Ceremony) -> bytes:
    """Returns the file's content."""
    return msgspec.json.format(msgspec.json.encode(ceremony), indent=2) + b"\n"


def _require_sound(record: Record) -> None:
    findings = list(_findings(record))
    if findings:
        raise BadCeremony(*findings)


def _findings(record: Record) -> Iterator[tuple[str, str]]:
    if record.ended_at < record.begun_at:
        yield "time_order", "ends before it begins"
    for texts in ((record.what, record.place), record.notes):
        for text in texts:
            if (problem := _fault(text)) is not None:
                yield "text", problem
    for person in record.people:
        if fault("CN", person.name) or fault("CN", person.role):
            yield "text", "a name or role has a control character, or a blank at its beginning or end"
        if not on_curve(bytes.fromhex(person.key)):
            yield "key", f"{person.name}: is not a point of the SM2 curve"
    for what, values in (("name_twice", "name"), ("key_twice", "key")):
        if len({getattr(person, values) for person in record.people}) != len(record.people):
            yield what, "each person present has an own name and an own key"


def _fault(text: str) -> str | None:
    """Describes what is wrong with a text, line by line as `names.fault` does; None if it is valid."""
    parts = [text[place : place + 64].strip() for place in range(0, len(text), 64)]
    return next((problem for part in parts if part and (problem := fault("CN", part))), None)


async def open_ceremony(
    db: Database,
    *,
    what: str,
    place: str,
    people: Sequence[Person],
    notes: Sequence[str],
    since: int,
    now: int,
) -> Ceremony:
    """Returns the unsigned record of what the CA consists of now, and of the acts on it since `since` (ms).

    Raises: NoAuthority (neither a CA nor a request), BadCeremony.
    """
    items = await _items(db)
    if not items:
        raise no_authority()
    done = [
        Done(act.act, act.subject, act.at)
        for act in await acts_on_authorities(db)
        if since <= act.at <= now and act.act != ACT
    ]
    record = Record(TYPE, what, place, since, now, tuple(people), tuple(items), tuple(done), tuple(notes))
    return read_ceremony(write_ceremony(Ceremony(record)))


async def _items(db: Database) -> list[Item]:
    items = [_item("certificate", row.name, row.certificate) for row in await list_authorities(db)]
    for request in await list_requests(db):
        name, public = read_request(request.request)
        digest, key = sha256(request.request).hexdigest(), sha256(public).hexdigest()
        items.append(Item("request", request.name, digest, name.common_name, key))
    items += [_item("cross", cross.authority, cross.certificate) for cross in await list_cross(db)]
    latest = await latest_crl(db, authority=ROOT)
    der = None if latest is None else await crl_der(db, authority=ROOT, number=latest.number)
    return items if der is None else [*items, Item("crl", ROOT, sha256(der).hexdigest())]


def _item(kind: str, name: str, der: bytes) -> Item:
    try:
        certificate = parse_certificate(der)
    except PkiError:  # P-256, or read tolerantly only
        return Item(kind, name, sha256(der).hexdigest())
    key = sha256(certificate.public_key).hexdigest()
    return Item(kind, name, sha256(der).hexdigest(), certificate.subject.common_name, key)


def confirm(engine: Engine, ceremony: Ceremony, name: str, signature: bytes) -> Ceremony:
    """Adds the signature (DER) of the person with this name. Raises: BadCeremony."""
    person = next((person for person in ceremony.record.people if person.name == name), None)
    if person is None:
        raise BadCeremony(("not_present", name))
    confirmation = Confirmation(name, signature.hex()[:162])
    if not _verifies(engine, ceremony.record, person, confirmation):
        raise BadCeremony(("signature", f"{name}: does not verify"))
    others = tuple(each for each in ceremony.signatures if each.name != name)
    return Ceremony(ceremony.record, (*others, confirmation))


def require_signed(engine: Engine, ceremony: Ceremony) -> None:
    """Checks that each person present has signed, and nobody else. Raises: BadCeremony."""
    findings = []
    for person in ceremony.record.people:
        own = [each for each in ceremony.signatures if each.name == person.name]
        if len(own) != 1:
            findings.append(("unsigned", person.name))
        elif not _verifies(engine, ceremony.record, person, own[0]):
            findings.append(("signature", f"{person.name}: does not verify"))
    present = {person.name for person in ceremony.record.people}
    findings += [("not_present", each.name) for each in ceremony.signatures if each.name not in present]
    if findings:
        raise BadCeremony(*findings)


def _verifies(engine: Engine, record: Record, person: Person, confirmation: Confirmation) -> bool:
    try:
        parsed = Signature.from_der(bytes.fromhex(confirmation.signature))
        verify(engine, bytes.fromhex(person.key), signed_octets(record), parsed)
    except (BadSignature, GmError, ValueError):
        return False
    return True


async def compare_with_database(db: Database, record: Record) -> None:
    """Checks that all certificates, requests and acts of the record are this database's. Raises: BadCeremony.

    A request that has been answered since, or a list that has a successor, is not missed.
    """
    present = {(item.kind, item.name, item.sha256) for item in await _items(db)}
    known = {(act.act, act.subject, act.at) for act in await acts_on_authorities(db)}
    findings = [
        ("unknown_item", f"{item.kind} {item.name}")
        for item in record.items
        if item.kind in {"certificate", "cross"} and (item.kind, item.name, item.sha256) not in present
    ]
    findings += [
        ("unknown_act", f"{done.act} {done.subject}")
        for done in record.acts
        if (done.act, done.subject, done.at) not in known
    ]
    if findings:
        raise BadCeremony(*findings)


async def close_ceremony(db: Database, engine: Engine, ceremony: Ceremony, *, now: int) -> None:
    """Records the ceremony as an act. Raises: BadCeremony (not signed by all, or not about this CA)."""
    require_signed(engine, ceremony)
    await compare_with_database(db, ceremony.record)
    details = {
        "sha256": digest_of(ceremony.record),
        "ceremony": ceremony.record.what,
        "present": [person.name for person in ceremony.record.people],
    }

    async def work(tx: Tx) -> None:
        await acts.record(tx, by=SERVICE, act=ACT, subject="ca", details=details, now=now)

    await db.write(work)


def page_of(ceremony: Ceremony) -> str:
    """Returns the record as an HTML page for printing on A4, with a line for each person's handwritten signature."""
    record, signed = ceremony.record, {each.name for each in ceremony.signatures}
    people = [
        (person.name, person.role, _grouped(person.key), "✓" if person.name in signed else "", "")
        for person in record.people
    ]
    items = [
        (item.kind, item.name, item.subject, _grouped(item.sha256), _grouped(item.key_sha256))
        for item in record.items
    ]
    done = [(_time(each.at), each.act, each.subject) for each in record.acts]
    body = "".join(
        (
            f"<h1>密钥仪式记录 Key ceremony record</h1><p>{escape(record.what)}</p>",
            f"<p>地点 Place: {escape(record.place)}<br>{_time(record.begun_at)} – {_time(record.ended_at)}</p>",
            f"<p>记录摘要 SHA-256 of the record<br><code>{_grouped(digest_of(record))}</code></p>",
            "<h2>在场人员 Present</h2>",
            _table(("姓名 Name", "角色 Role", "公钥 Key", "电子签名 Signed", "手写签名 Signature"), people),
            "<h2>证书、请求、列表 Certificates, requests, lists</h2>",
            _table(("种类 Kind", "名称 Name", "CN", "SHA-256", "公钥 SHA-256 of key"), items),
            "<h2>操作 Acts</h2>",
            _table(("时间 Time", "操作 Act", "对象 Subject"), done),
            "<h2>备注 Notes</h2><ol>",
            *(f"<li>{escape(note)}</li>" for note in record.notes),
            "</ol>",
        )
    )
    return _PAGE.format(title=escape(record.what), body=body)


_PAGE: Final = """<!doctype html>
<html lang="zh"><meta charset="utf-8"><title>{title}</title>
<style>@page {{ size: A4; margin: 15mm }} body {{ font: 10pt sans-serif }} code, td {{ word-break: break-all }}
table {{ border-collapse: collapse; width: 100% }} td, th {{ border: 1px solid #888; padding: 4px; text-align: left }}
tr {{ break-inside: avoid }} td:last-child {{ min-width: 30mm }}</style>
<body>{body}</body></html>
"""


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{header}</th>" for header in headers)
    lines = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows)
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def _grouped(text: str) -> str:
    return " ".join(text[place : place + 8] for place in range(0, len(text), 8))


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")

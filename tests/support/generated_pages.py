"""Files that repeat what the code says: errors, settings, commands, events, attacks, parts of others, the FAQ.

`python -m tests.support.generated_pages` (`make docs`) writes them; a test compares them with the code.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from pydantic_settings import NoDecode

from mshield.cli import main
from mshield.domain.errors import BY_CODE
from mshield.domain.faq import FAQ
from mshield.domain.retention.tables import RETAINED
from mshield.services.process.security_events import EVENTS, FIELDS, Event
from mshield.settings import Settings
from mshield.web.edge.watched import DONE, REFUSED
from mshield.web.problems import STATUS
from tests.security.relay.page import relay_page
from tests.support.shipped_parts import bill_of_materials, licences_page

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / "docs"

_ERRORS: Final = """\
# Errors

Written by `make docs` from the code. Every refusal is `application/problem+json` (RFC 9457): `type`
(`/problems/CODE`), `title`, `status`, `detail`, `code`, `zh`, `en`, `faq` (the manual's FAQ entry that helps,
or null), `request_id`, and what a sentence's number is called: `left`, `retry_after`, `limit`. Programs decide
by `code`, which is stable; people read `zh` or `en`.

| code | status | 中文 | English | FAQ |
|---|---|---|---|---|
"""
_SETTINGS: Final = """\
# Settings

Written by `make docs` from the code. Each is an environment variable, or a line of the TOML file that `MSHIELD_CONFIG`
names, there in small letters and without the prefix (`crl_hours = 12`); what both say, the environment decides. Nobody
but owner and group may have rights on the file. `mshield doctor` prints what is in force. A name that isn't here stops
the start, and the nearest one is named.

Lengths of time are seconds unless the name says hours or days. Paths are relative to the folder where a command runs
unless they are absolute.

| variable | default | meaning |
|---|---|---|
"""
_RETENTION: Final = """\
# What is kept, why, and how long

Written by `make docs` from [the code](../src/mshield/domain/retention/tables.py). Each table stands here once.
Lengths in bold are [settings](settings.md), `MSHIELD_KEEP_…`, with their defaults.

The job `retention` erases hourly, some hundred rows in a transaction, from where it was; it stops while a
[clock is doubted](operations.md#clocks), and begins `MSHIELD_KEEP_GRACE_DAYS` after its first run: until then
`mshield retention --dry-run` tells what it would erase. Before the first row of a run goes, the act `retention.erase`
says up to which request contents may be gone; it enters the log. How far the job came is marked with a key that the
database doesn't have, and `mshield log verify` takes a signed document beyond that which has lost its content for
tampered with (`content_gone`).

**Of what was signed stays what its proof needs**: signature, certificate, digest, size, title, display, who asked,
whose shield it was, time stamps and the log's entry. After its content is erased

- the business system's [result](api/business.md) says `content_erased`; signatures, certificates and CMS stay, the CMS
  without the content; the finished file of `xml` and `pdf` is gone with it;
- [evidence](evidence.md) is made as before, without the content. By `raw`, and by `gb35275` without signed attributes,
  it verifies with the file beside it (`mshield verify BUNDLE --message FILE`); with signed attributes, or over a
  digest, it does without. Of `xml` and `pdf` no bundle is made (410 `content_erased`): the finished file is the proof,
  and `mshield verify` reads it;
- the phone's list of signatures, and the log's check, say what they said before.

A content is erased in the database; backups and write-ahead logs keep it until they are deleted themselves: keep those
no longer than contents.

| tables | what | why | how long | ended by |
|---|---|---|---|---|
"""
_ARCHIVES: Final = """
## Erasure on request

At the [console](console.md#what-takes-two) customer service asks and a second person approves; on the server
`mshield people erase ACCOUNT --second-person NAME --reason TEXT` does the same, and with `--dry-run` only says what it
would do. It erases what no law keeps of a person who asks for it (个人信息保护法 art. 47): contents of documents that
their shields signed for business systems, with the PC's address; notices, lines of the SMS log and ended logins; of
somebody who never had a certificate the account too: name, phone number, id number and password. Certificates,
signatures, the filing and the acts stay. The act `people.erase` says who decided and why, and is the order by which the
job `erasures` goes on: contents go once a day has passed in which their result
could be fetched, also where a run was cut short.

## Archives

`mshield archive write 2026-01 FOLDER` writes a month of signatures (UTC, by when they were asked for) to
`signatures-2026-01.jsonl.gz`: one line for each request with its documents, signatures and time stamps, and the
certificates that they need. Beside it a manifest has the file's SHA-256, the digest of all places in the log, the
log's key and checkpoint; the act `archive.write` has the manifest's digest, and the log has the act. The file is read
back, and each row held against its entry in the log, before it counts as written. With `--remove` it is read once
more, and its rows leave the database two hundred requests at a time; a run that was cut short is called again.

| `--kind` | by the month in which | from when on | what stays in the database |
|---|---|---|---|
| `signatures` | they were asked for | personal data (`MSHIELD_KEEP_REQUEST_DAYS`) and contents went | certificates |
| `acts` | they were done | `MSHIELD_KEEP_ACT_DAYS` | acts on authorities (`ca.…`), erasures, the seals' beginning |
| `certificate_events` | their certificates ended | `MSHIELD_KEEP_SIGNATURE_YEARS` later | certificates, as they stand |

Copy the files to where they are kept for as long as the law wants, two places at least; they have no contents, and
titles, displays and names. **A file proves itself** ([ADR 135](adr/0135-archives-that-prove-themselves.md)): it has the
salts of its rows, statuses of its certificates from when it was written, a signed checkpoint and the log's tiles under
it. Whoever checks it says whom they trust, by the root and the log's key, and needs neither database nor manifest:

- `mshield verify FOLDER/signatures-2026-01.jsonl.gz --request ID --root FILE --log-key KEY` reads a signature straight
  from the file, checks it as its bundle, and says from which file it is. A manifest that lies beside it has to be its.
- `mshield log verify --proof FOLDER/acts-2026-01.jsonl.gz --act ID --key KEY` proves an act.
- `mshield archive verify FOLDER --log-key KEY` makes the entry of each row in all files anew, and finds it in the log's
  tree. It takes some 150 octets of memory for each row.

At the service:

- `mshield archive verify FOLDER` compares files, manifests, the database's list and the log; exit code 1, and the
  first row that differs, where one does. Certificates have to stand as their archived events left them.
- `mshield log verify` says how many rows are archived, and compares all others as before; with `--archive FOLDER`
  those too, in their files. Who takes out rows, or says
  that more were archived, without the service's key is found.
- `mshield archive search FOLDER --request ID` (or `--sid`, `--client-id`, `--shield-number`) finds signatures;
  `--kind acts --subject ID` and `--kind certificate_events --serial HEX` the others.
- `mshield archive evidence FOLDER REQUEST` makes the bundle of evidence, with statuses of now, which `mshield verify`
  checks.

`mshield archive erase 2026-01 FOLDER --second-person NAME --reason TEXT` erases file and manifest for good, once so
many years (`MSHIELD_KEEP_SIGNATURE_YEARS`) are over since the last certificate ended that it speaks of; for acts that
is one issued with the month's last act. The act comes first. What stays is the log's entries, which name nobody, and
rows that say what was certified: [ADR 120](adr/0120-what-is-erased-in-the-end.md) says why.

Files of before (`mshield-archive/v1`) have no proofs, and are read at the service as they were. Write none while hosts
of the last release run: it reads no `v2`.

To a business system the result of an archived request is `not_found`, and the phone's list begins after it. Time
stamps of what is archived are renewed no more: have bundles made, or leave months in the database, whose stamps must
outlive their authorities' certificates.
"""
_COMMANDS: Final = """\
# Commands

Written by `make docs` from the code; the same text is in `--help`. Exit codes: 0 done, 1 refused or failed, 2 usage.
"""
_EVENTS: Final = """\
# Security events

Written by `make docs` from [the code](../../src/mshield/services/process/security_events.py). Each line of the security
log is one JSON object in ASCII: `time` (UTC), `event`, `level`, then those of the event's fields that there are.
[Operations](../operations.md#the-security-log) says where the lines go and what to alert on.

**Nobody is named.** No line has a name, a phone or id number, a password, a PIN, a code, a token, a document, or
anything else that a caller wrote, but as a keyed hash (`target`). Accounts, members of staff and business systems stand
there by the ids that they have in this service; the console tells those who may know whom an id means. The log still
says what one and the same person did, and from which network: keep it as such, and delete it when its time is over.

**Nothing forges a line**: whatever isn't printable ASCII is escaped, and a value has at most 128 characters.

**An attack can't fill the disk**: of an event one process writes so many lines a minute, and `lines.left_out` says how
many more there were. Successes, refusals and acts are counted apart: a flood of the one hides none of the other.
"""
_EVENTS_HEAD: Final = """
## Events

| event | level | lines a minute | when | operations, codes |
|---|---|---|---|---|
"""
_FIELDS_HEAD: Final = """
## Fields

| field | what |
|---|---|
"""
_NO_BOUND: Final = "all"


def events_page() -> str:
    """docs/security/events.md."""
    levels = "info", "warning", "error", "critical"
    ordered = sorted(EVENTS, key=lambda event: -levels.index(event.level))
    rows = "".join(
        f"| `{event.name}` | {event.level} | {event.most or _NO_BOUND} | {_cell(event.when)} | {_told_by(event)} |\n"
        for event in ordered
    )
    own: dict[tuple[str, ...], list[str]] = {}
    for event in ordered:
        own.setdefault(event.fields, []).append(f"`{event.name}`")
    calls = max(own, key=lambda fields: len(own[fields]))
    sets = "".join(
        f"- {', '.join(f'`{name}`' for name in fields)}: {'all others' if fields is calls else ', '.join(names)}\n"
        for fields, names in own.items()
    )
    fields = "".join(f"| `{name}` | {_cell(text)} |\n" for name, text in FIELDS.items())
    return f"{_EVENTS}{_EVENTS_HEAD}{rows}{_FIELDS_HEAD}{fields}\nWhich events have which:\n\n{sets}"


def _told_by(event: Event) -> str:
    return " ".join(f"`{name}`" for name, other in (*DONE.items(), *REFUSED.items()) if other is event)


def errors_page() -> str:
    """docs/api/errors.md."""
    rows = (
        f"| `{code}` | {STATUS[code]} | {_cell(error.zh_text)} | {_cell(error.en_text)} | {error.faq or ''} |"
        for code, error in sorted(BY_CODE.items())
    )
    return _ERRORS + "\n".join(rows) + "\n"


def settings_page() -> str:
    """docs/settings.md."""
    rows = (
        f"| `MSHIELD_{name.upper()}` | {_default(field)} | {_cell(field.description or '')} |"
        for name, field in Settings.model_fields.items()
    )
    return _SETTINGS + "\n".join(rows) + "\n"


def retention_page() -> str:
    """docs/retention.md."""
    rows = (
        f"| {' '.join(f'`{name}`' for name in kept.tables)} | {_cell(kept.what)} | {_cell(kept.why)}"
        f" | {_cell(_lengths(kept.how_long))} | {_cell(kept.by)} |"
        for kept in RETAINED
    )
    return _RETENTION + "\n".join(rows) + "\n" + _ARCHIVES


def _lengths(text: str) -> str:
    """With the settings' defaults."""
    return re.sub(
        r"\{(\w+)\}", lambda named: f"**{Settings.model_fields[f'keep_{named[1]}'].default}**", text
    )


def commands_page() -> str:
    """docs/commands.md."""
    return _COMMANDS + "".join(
        _sections(main, click.Context(main, info_name="mshield", **main.context_settings))
    )


def faq_entries() -> str:
    """The FAQ as the app carries it, since it must open without a network; with the sentences that lead to an entry."""
    entries = [
        {
            "id": entry.id,
            "title": {"zh": entry.title_zh, "en": entry.title_en},
            "text": {"zh": entry.zh, "en": entry.en},
            "errors": [
                {"code": code, "zh": _unfilled(error.zh_text), "en": _unfilled(error.en_text)}
                for code, error in sorted(BY_CODE.items())
                if error.faq == entry.id
            ],
        }
        for entry in FAQ.values()
    ]
    return json.dumps(entries, ensure_ascii=False, indent=2) + "\n"


PAGES: Final = {
    "docs/api/errors.md": errors_page,
    "docs/settings.md": settings_page,
    "docs/commands.md": commands_page,
    "docs/retention.md": retention_page,
    "docs/security/events.md": events_page,
    "docs/security/relay.md": relay_page,
    "docs/licences.md": licences_page,
    "docs/mshield.cdx.json": bill_of_materials,
    "frontend/apps/phone/src/screens/me/faq/entries.json": faq_entries,
}
"""By their place in the project."""


def _unfilled(sentence: str) -> str:
    """`{left:try|tries}` as `… tries`."""
    return re.sub(
        r"\{\w+(?::\w+\|(\w+))?\}", lambda found: "…" + (f" {found[1]}" if found[1] else ""), sentence
    )


def _default(field: FieldInfo) -> str:
    """As it would be written in the environment."""
    if field.default is None or field.default is PydanticUndefined:
        return ""
    if isinstance(field.default, tuple):
        written = ",".join(field.default) if NoDecode in field.metadata else json.dumps(field.default)
    elif isinstance(field.default, bool | dict):
        written = json.dumps(field.default, ensure_ascii=False)
    else:
        written = str(field.default)
    return f"`{written}`" if written else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _sections(command: click.Command, context: click.Context) -> Iterator[str]:
    """A section per command that does something or has options for all below it, in the order of `--help`."""
    if isinstance(command, click.Group):
        if command.params:
            yield _section(command, context)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from _sections(child, click.Context(child, parent=context, info_name=name))
        return
    yield _section(command, context)


def _section(command: click.Command, context: click.Context) -> str:
    # Set here, as a terminal's own width would change the page.
    formatter = click.HelpFormatter(width=100)
    command.format_help(context, formatter)
    text = "\n".join(line.rstrip() for line in formatter.getvalue().splitlines())
    return f"\n## {context.command_path}\n\n```text\n{text}\n```\n"


if __name__ == "__main__":
    for place, render in PAGES.items():
        (ROOT / place).write_text(render(), "utf-8")

"""Generates files that repeat the code: errors, settings, commands, events, attacks, third-party parts, the FAQ.

The index of architecture decisions is written from the records' headers.

`python -m tests.support.generated_pages` (`make docs`) writes them; a test compares them with the code.
"""

import json
import re
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Final

import click
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from mshield.cli.main import main
from mshield.server.error_codes import BY_CODE
from mshield.server.http.edge.watched import DONE, REFUSED
from mshield.server.http.pages.faq import FAQ
from mshield.server.http.problems import STATUS
from mshield.server.retention.rules.tables import RETAINED
from mshield.server.runtime.security_log.events import EVENTS, FIELDS, Event
from mshield.server.settings.settings import SETTING_FIELDS
from tests.security.relay.page import relay_page
from tests.support.decision_index import decisions_page
from tests.support.shipped_parts import bill_of_materials, licences_page

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / "docs"

_ERRORS: Final = """\
# Errors

Written by `make docs` from the code. Every refusal is `application/problem+json` (RFC 9457): `type`
(`/problems/CODE`), `title`, `status`, `detail`, `code`, `zh`, `en`, `faq` (the [entry](publication.md#get-apifaq) of
the manual's FAQ that helps, or null), `request_id`, and the numbers of a sentence by name: `left`, `retry_after`,
`limit`. Programs decide by `code`, which is stable; people read `zh` or `en`.

| code | status | 中文 | English |
|---|---|---|---|
"""
_SETTINGS: Final = """\
# Settings

Written by `make docs` from the code. A setting is an environment variable, or a line of the TOML file named by
`MSHIELD_CONFIG`, there in lower case and without the prefix (`crl_hours = 12`). Environment variables override the
file, which must not be accessible to others (`chmod 640`). `mshield doctor` prints the settings in force. The service
refuses to start with an unknown name, and suggests the nearest one.

Durations are in seconds unless the name says hours or days. Relative paths are relative to the working directory.

| variable | default | meaning |
|---|---|---|
"""
_RETENTION: Final = """\
# What is kept, why, and how long

Written by `make docs` from [the code](../src/mshield/server/retention/rules/tables.py). Lengths in bold are
[settings](settings.md), `MSHIELD_KEEP_…`, with their defaults.

The job `retention` erases hourly, some hundred rows per transaction. It stops while a
[clock is doubted](operations.md#clocks), and erases nothing until `MSHIELD_KEEP_GRACE_DAYS` after its first run:
`mshield retention --dry-run` shows what it would erase. Each run first records the act `retention.erase`. A
[mark](log.md#marks) records how far it came: `mshield log verify` reports a signed document beyond it without content
as tampered with (`content_gone`).

**The proof of a signature stays**: signature, certificate, digest, size, title, display, requester, shield, time stamps
and log entry. After the content is erased

- the business system's [result](api/business.md) says `content_erased`. Signatures, certificates and CMS stay, the CMS
  without the content; the finished file of `xml` and `pdf` is gone;
- [evidence](evidence.md) has no content. A signature over the content itself (`raw`, `gb35275` without signed
  attributes) verifies with the file beside it (`mshield verify BUNDLE --message FILE`); others need no file. For `xml`
  and `pdf` there is no bundle (410 `content_erased`): the finished file is the proof, and `mshield verify` reads it;
- the phone's list of signatures and the log's check are unchanged.

Backups and write-ahead logs keep erased contents until they are deleted: keep them no longer than contents.

| tables | what | why | how long | ended by |
|---|---|---|---|---|
"""
_ARCHIVES: Final = """
## Erasure on request

Customer service requests it at the [console](console.md#what-takes-two) and a second person approves; on the server
`mshield people erase ACCOUNT --second-person NAME --reason TEXT` does the same, and `--dry-run` only shows what it
would do. It erases what no law requires to keep (个人信息保护法 art. 47): contents of documents that the person's
shields signed for business systems, with the PC's address; notices, lines of the SMS log and ended logins; and the
account of a person who never had a certificate. Certificates, signatures, filing records and acts stay. The act
`people.erase` records who decided and why. The job `erasures` then erases contents once their result could be fetched
for a day.

## Archives

`mshield archive write 2026-01 FOLDER` writes a month of signatures (UTC, by the time of the request) to
`signatures-2026-01.jsonl.gz`: one line per request with its documents, signatures, time stamps and certificates. A
manifest beside it has the file's SHA-256, its places in the log, and the log's key and checkpoint; the act
`archive.write` has the manifest's digest. The file is read back, and each row compared with its log entry. With
`--remove` it is read once more and its rows are deleted, two hundred requests at a time; repeat an interrupted run.

| `--kind` | by the month in which | available from | stays in the database |
|---|---|---|---|
| `signatures` | they were requested | erasure of data (`MSHIELD_KEEP_REQUEST_DAYS`) and contents | certificates |
| `acts` | they were done | `MSHIELD_KEEP_ACT_DAYS` | acts on authorities (`ca.…`), erasures |
| `certificate_events` | their certificates ended | `MSHIELD_KEEP_SIGNATURE_YEARS` later | certificates |

Copy the files to at least two places that keep them as long as the law requires. They contain titles, displays and
names, but no contents. **A file proves itself** ([ADR 135](adr/0135-archives-that-prove-themselves.md)): given the root
and the log's key, no database or manifest is needed.

- `mshield verify FOLDER/signatures-2026-01.jsonl.gz --request ID --root FILE --log-key KEY --message DOCUMENT`
  verifies a signature; without its document the result is incomplete (exit code 1).
- `mshield log verify --proof FOLDER/acts-2026-01.jsonl.gz --act ID --key KEY` proves an act.
- `mshield archive verify FOLDER --log-key KEY` finds each row of all files in the log's tree, with some 150 bytes of
  memory per row.

On the server:

- `mshield archive verify FOLDER` compares files, manifests, database and log; exit code 1 and the first row that
  differs.
- `mshield log verify` reports how many rows are archived and checks all others, with `--archive FOLDER` the archived
  ones too. It finds rows that somebody without the service's key removed or called archived.
- `mshield archive search FOLDER --request ID` (or `--sid`, `--client-id`, `--shield-number`) finds signatures;
  `--kind acts --subject ID` and `--kind certificate_events --serial HEX` the others.
- `mshield archive evidence FOLDER REQUEST` makes the evidence bundle, with the present certificate status.

`mshield archive erase 2026-01 FOLDER --second-person NAME --reason TEXT` permanently erases file and manifest,
`MSHIELD_KEEP_SIGNATURE_YEARS` after the last certificate in it ended (for acts: the last one issued by then). Log
entries, which name nobody, and certificates stay ([ADR 97](adr/0097-what-is-kept.md)).

For business systems an archived request is `not_found`, and the phone's list begins after it. Time stamps of archived
signatures are not renewed: if they must outlive their authority's certificate, fetch bundles or leave the month in the
database.
"""
_COMMANDS: Final = """\
# Commands

Written by `make docs` from the code: what each command does, and its options. Commands of a group follow its name:
`mshield account send-code …`. `mshield COMMAND --help` adds what each option means, when the command is refused and
what it can't undo. Exit codes: 0 done, 1 refused or failed, 2 usage.

Every command also accepts `--json` (print the result as JSON), `--lang zh|en` (language of messages; the default
follows LANG) and `-h`, `--help`. `mshield --version` prints the version. `mshield legal-person` and `mshield phone` are
test programs.
"""
_COMMON: Final = {"--json", "--lang", "--help"}
_EVENTS: Final = """\
# Security events

Written by `make docs` from [the code](../../src/mshield/server/runtime/security_log/events.py). Each line of the
security log is one JSON object in ASCII. It has `time` (UTC), `event`, `level`, and those fields of its event that have
a value. [Operations](../operations.md#the-security-log) describes where the lines go and what to alert on.

**No personal data.** No line contains a name, phone or ID number, PIN, password, code, token or document. Text that a
caller typed appears only as a keyed hash (`target`). Accounts, staff and business systems appear by their IDs, which
authorised staff can look up at the console. A reader can still follow what one person did, and from which network:
restrict access to the log, and delete it when it is no longer needed.

**No forged lines.** All characters except printable ASCII are escaped; a value has at most 128 characters.

**Bounded size.** A process writes a limited number of lines per event and minute, and then reports in `lines.left_out`
how many it omitted. Each event has its own limit, so a flood of refusals hides no success and no act.
"""
_EVENTS_HEAD: Final = """
## Events

| event | level | lines a minute | when | operations, codes |
|---|---|---|---|---|
"""
_FIELDS_HEAD: Final = """
## Fields

"""
_NO_BOUND: Final = "all"


def events_page() -> str:
    """Renders docs/security/events.md."""
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
        f"- {', '.join(f'`{name}`' for name in fields) or 'none'}: "
        f"{'all others' if fields is calls else ', '.join(names)}\n"
        for fields, names in own.items()
    )
    fields = "".join(f"- `{name}`: {text}\n" for name, text in FIELDS.items())
    return f"{_EVENTS}{_EVENTS_HEAD}{rows}{_FIELDS_HEAD}{fields}\nFields by event:\n\n{sets}"


def _told_by(event: Event) -> str:
    return " ".join(f"`{name}`" for name, other in (*DONE.items(), *REFUSED.items()) if other is event)


def errors_page() -> str:
    """Renders docs/api/errors.md."""
    rows = (
        f"| `{code}` | {STATUS[code]} | {_cell(error.zh_text)} | {_cell(error.en_text)} |"
        for code, error in sorted(BY_CODE.items())
    )
    return _ERRORS + "\n".join(rows) + "\n"


def settings_page() -> str:
    """Renders docs/settings.md."""
    rows = (
        f"| `MSHIELD_{name.upper()}` | {_default(field)} | {_cell(field.description or '')} |"
        for name, field in _in_page_order(SETTING_FIELDS)
    )
    return _SETTINGS + "\n".join(rows) + "\n"


def _in_page_order(fields: dict[str, FieldInfo]) -> list[tuple[str, FieldInfo]]:
    """Sorts settings as the page has them now, so that a move between groups is no change there; new ones last."""
    page = (DOCS / "settings.md").read_text("utf-8")
    rows = {
        name.lower(): place
        for place, name in enumerate(re.findall(r"^\| `MSHIELD_(\w+)`", page, re.MULTILINE))
    }
    return sorted(fields.items(), key=lambda item: rows.get(item[0], len(rows)))


def retention_page() -> str:
    """Renders docs/retention.md."""
    rows = (
        f"| {' '.join(f'`{name}`' for name in kept.tables)} | {_cell(kept.what)} | {_cell(kept.why)}"
        f" | {_cell(_lengths(kept.how_long))} | {_cell(kept.by)} |"
        for kept in RETAINED
    )
    return _RETENTION + "\n".join(rows) + "\n" + _ARCHIVES


def _lengths(text: str) -> str:
    """Fills in the settings' defaults."""
    return re.sub(r"\{(\w+)\}", lambda named: f"**{SETTING_FIELDS[f'keep_{named[1]}'].default}**", text)


def commands_page() -> str:
    """Renders docs/commands.md."""
    context = click.Context(main, info_name="mshield", **main.context_settings)
    return _COMMANDS + "".join(_command_section(*child) for child in _children(main, context))


def _command_section(command: click.Command, context: click.Context) -> str:
    """Renders a top-level command; what a group is for stands above the commands in it."""
    head = f"\n## {context.command_path}\n\n"
    if not isinstance(command, click.Group):
        return head + "```text\n" + "\n\n".join(_summaries(command, context)) + "\n```\n"
    usages = [*_summaries(command, context, group=f"{context.command_path} ")][1:]
    return f"{head}{_first_paragraph(command)}\n\n```text\n" + "\n\n".join(usages) + "\n```\n"


def _first_paragraph(command: click.Command) -> str:
    return " ".join(cleandoc(command.help or "").split("\n\n", maxsplit=1)[0].split())


def faq_entries() -> str:
    """Renders the FAQ for the app, which must open offline, with the error sentences that lead to each entry."""
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
    "docs/adr/README.md": decisions_page,
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
"""Renderers by path in the project."""


def _unfilled(sentence: str) -> str:
    """Replaces placeholders: `{left:try|tries}` becomes `… tries`."""
    return re.sub(
        r"\{\w+(?::\w+\|(\w+))?\}", lambda found: "…" + (f" {found[1]}" if found[1] else ""), sentence
    )


def _default(field: FieldInfo) -> str:
    """Formats a default as in an environment variable."""
    if field.default is None or field.default is PydanticUndefined:
        return ""
    if isinstance(field.default, tuple):
        value = ",".join(field.default)
    elif isinstance(field.default, bool | dict):
        value = json.dumps(field.default, ensure_ascii=False)
    else:
        value = str(field.default)
    return f"`{value}`" if value else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _children(group: click.Group, context: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    """Yields a group's commands, each with its context, in the order of `--help`."""
    for name in group.list_commands(context):
        child = group.get_command(context, name)
        if child is not None:
            yield child, click.Context(child, parent=context, info_name=name)


def _summaries(command: click.Command, context: click.Context, *, group: str = "") -> Iterator[str]:
    """Yields the usage, without `group`, and the first paragraph of a command, then those of the commands below it."""
    # Fix the width, because the terminal's width would change the page.
    formatter = click.HelpFormatter(width=100)
    arguments = (
        piece
        for piece in command.collect_usage_pieces(context)
        if piece not in {"[OPTIONS]", "COMMAND [ARGS]..."}
    )
    options = (
        parameter.opts[0] if parameter.required else f"[{parameter.opts[0]}]"
        for parameter in command.get_params(context)
        if isinstance(parameter, click.Option) and _COMMON.isdisjoint(parameter.opts) and not parameter.hidden
    )
    formatter.write_usage(
        context.command_path.removeprefix(group), " ".join((*arguments, *options)), prefix=""
    )
    with formatter.indentation():
        formatter.write_text(_first_paragraph(command))
    yield "\n".join(line.rstrip() for line in formatter.getvalue().splitlines())
    if isinstance(command, click.Group):
        for child in _children(command, context):
            yield from _summaries(*child, group=group)


if __name__ == "__main__":
    for place, render in PAGES.items():
        (ROOT / place).write_text(render(), "utf-8")

"""Output of commands: text in Chinese or English, `--json` for programs, refusals with exit code 1.

Data goes to standard output, messages about it to standard error, so that a pipe receives only data. Names
and titles come from others, so every printed line is escaped (`honest_text`) and none can add further lines.
This module knows no particular command.
"""

import functools
import json
import locale
import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any, Concatenate, Literal, NoReturn, ParamSpec, TypeVar

import click

from mshield.cli.parts.honest_text import honest_json, honest_line

Lang = Literal["zh", "en"]
P = ParamSpec("P")
R = TypeVar("R")


class Refused(click.ClickException):
    """A command that was refused or failed; printed as one sentence, exit code 1."""

    exit_code = 1

    def __init__(
        self, message: str, *, code: str, extra: Mapping[str, object] | None = None, as_json: bool = False
    ) -> None:
        super().__init__(message)
        self.code = code
        self.as_json = as_json
        self.extra = dict(extra or {})

    def show(self, file: IO[Any] | None = None) -> None:
        """Prints the refusal on standard error, as JSON if the command runs with `--json`."""
        if self.as_json:
            data = {"error": {"code": self.code, "message": self.message, **self.extra}}
            click.echo(honest_json(json.dumps(data, ensure_ascii=False)), err=True, file=file)
            return
        click.echo(honest_line(f"{self.message} [{self.code}]"), err=True, file=file)


_LANG = "mshield.lang"


@dataclass(frozen=True, slots=True)
class Output:
    """Output settings of a command: the language of its sentences, and whether its data is JSON."""

    lang: Lang
    json: bool

    def pick(self, zh: str, en: str) -> str:
        """Returns the sentence in the language of this run."""
        return zh if self.lang == "zh" else en

    def say(self, zh: str, en: str) -> None:
        """Prints a sentence for the user on standard error."""
        click.echo(honest_line(self.pick(zh, en)), err=True)

    def data(self, value: object, lines: Iterable[str]) -> None:
        """Prints the command's result on standard output: `value` as JSON, or else `lines`."""
        if self.json:
            click.echo(honest_json(json.dumps(value, ensure_ascii=False, indent=2)))
            return
        for line in lines:
            click.echo(honest_line(line))

    def refuse(self, error: BaseException) -> NoReturn:
        """Ends the command with exit code 1, with code and sentence of the error if it is one of the project's.

        Raises: Refused.
        """
        code = str(getattr(error, "code", "failed"))
        text = getattr(error, self.lang, None) or str(error) or code
        extra = getattr(error, "extra", None)
        faq = getattr(error, "faq", None)
        if faq and not self.json:
            text = self.pick(f"{text}（见常见问题 {faq}）", f"{text} (see FAQ {faq})")
        details = {**(extra if isinstance(extra, Mapping) else {}), **({"faq": faq} if faq else {})}
        raise Refused(text, code=code, extra=details, as_json=self.json) from error


def output_options(run: Callable[Concatenate[Output, P], R]) -> Callable[P, R]:
    """Adds `--json` and `--lang` to a command, whose function takes the `Output` first."""

    @click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
    @click.option(
        "--lang", type=click.Choice(["zh", "en"]), help="Language of messages; the default follows LANG."
    )
    @functools.wraps(run)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        as_json = bool(kwargs.pop("as_json"))
        lang_option = kwargs.pop("lang")
        context = click.get_current_context()
        inherited = context.meta.get(_LANG)
        lang = chosen_lang(str(lang_option or inherited) if lang_option or inherited else None)
        out = Output(lang=lang, json=as_json)
        try:
            return run(out, *args, **kwargs)
        except Exception as error:
            # The project's own errors are printed as a sentence in the user's language; others are bugs and
            # propagate.
            if not all(isinstance(getattr(error, name, None), str) for name in ("code", "zh", "en")):
                raise
            out.refuse(error)

    return wrapped


def remember_lang(context: click.Context, lang: str | None) -> None:
    """Makes a group's `--lang` the default of its subcommands."""
    if lang:
        context.meta[_LANG] = lang


def server_address(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Callback of a `--server` option: accepts an http(s) address or None. Raises: BadParameter."""
    if value is not None and not value.startswith(("https://", "http://")):
        raise click.BadParameter("an address begins with https:// or http://")
    return value


def chosen_lang(asked: str | None) -> Lang:
    """Returns `zh` or `en`: the given one, else by LC_ALL, LC_MESSAGES or LANG, else English."""
    if asked is None:
        values = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
        asked = next((value for value in values if value), "") or (locale.getlocale()[0] or "")
    return "zh" if asked.lower().startswith(("zh", "chinese")) else "en"


@contextmanager
def refusing(out: Output, *errors: type[Exception]) -> Iterator[None]:
    """Context manager that turns these errors into a refusal of the command."""
    try:
        yield
    except errors as error:
        out.refuse(error)


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Returns the lines of a table, columns separated by two blanks; Chinese characters count as two cells."""
    cells = [[honest_line(cell) for cell in row] for row in (headers, *rows)]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in cells
    ]


def shown_time(milliseconds: int) -> str:
    """A time in ms as people read it, UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)

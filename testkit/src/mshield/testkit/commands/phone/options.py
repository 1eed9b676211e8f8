"""Shared parts of the virtual phone's commands: the phone, its PIN, and conversion of client errors."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Concatenate, Final, ParamSpec

import click

from mshield.cli.parts.folder import Chosen
from mshield.cli.parts.output import Output, output_options, refusing, shown_time
from mshield.client.errors import ClientError, PhoneError
from mshield.testkit.phone.phone import VirtualPhone
from mshield.testkit.phone.pin import PinPrompt, PinSource

FILE: Final = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
"""Parameter type for a file with a secret."""

P = ParamSpec("P")


def phone_command(run: Callable[Concatenate[Output, VirtualPhone, P], None]) -> Callable[P, None]:
    """Decorates a command that takes its output and its phone; client errors become refusals."""

    def opened(out: Output, /, *args: P.args, **kwargs: P.kwargs) -> None:
        with refusing(out, ClientError), _phone() as phone:
            run(out, phone, *args, **kwargs)

    # click's data on `run` (options, docstring, name) must be on the function that click sees.
    opened.__dict__.update(run.__dict__)
    opened.__doc__, opened.__name__ = run.__doc__, run.__name__
    return output_options(opened)


@contextmanager
def _phone() -> Iterator[VirtualPhone]:
    chosen = click.get_current_context().find_object(Chosen)
    if chosen is None:
        raise click.UsageError("Say which phone.")
    with VirtualPhone(chosen.folder, chosen.server) as phone:
        yield phone


def pin_option(run: Callable[P, None]) -> Callable[P, None]:
    """Adds the option `--pin-file` for the present PIN."""
    text = "File that holds the PIN. Otherwise the environment's MSHIELD_PHONE_PIN, or a prompt."
    return click.option("--pin-file", type=FILE, help=text)(run)


class _Exclusion(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on
    """Parameter type `2=理由`: a document's position from 1, and the reason not to sign it."""

    name = "N=REASON"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> object:
        place, _, reason = str(value).partition("=")
        if not (place.isascii() and place.isdecimal() and int(place) > 0 and reason.strip()):
            self.fail("Give the document's position from 1, and the reason: 2=REASON.", param, ctx)
        return int(place), reason


def exclude_option(run: Callable[P, None]) -> Callable[P, None]:
    """Adds the option `--exclude`, for documents of a batch that aren't signed."""
    text = "Exclude this document from the batch 这份不签, counted from 1, with the reason; may be repeated."
    return click.option("--exclude", type=_Exclusion(), multiple=True, help=text)(run)


def excluded_of(
    phone: VirtualPhone, request_id: str | None, exclude: tuple[tuple[int, str], ...]
) -> dict[str, str]:
    """Returns the reasons by the documents' sids. Raises: PhoneError `nothing_scanned`, `no_such_document`."""
    if not exclude:
        return {}
    tasks = phone.scanned(request_id).tasks
    if any(place > len(tasks) for place, _ in exclude):
        raise PhoneError("no_such_document")
    return {tasks[place - 1].sid: reason for place, reason in exclude}


def secret_from(file: Path | None, variable: str) -> str | None:
    """Returns a secret from a file or the environment; None if the user must be asked."""
    if file is not None:
        return file.read_text(encoding="utf-8").strip()
    return os.environ.get(variable) or None


def new_pin(out: Output, pin_file: Path | None, *, confirm: bool) -> str:
    """Returns a PIN to set: from the file, the environment, or a prompt, repeated if `confirm`."""
    pin = secret_from(pin_file, "MSHIELD_PHONE_PIN")
    if pin is None:
        text = out.pick("PIN 码（6 位数字）", "PIN (6 digits)")
        pin = str(click.prompt(text, hide_input=True, confirmation_prompt=confirm, err=True))
    return pin


def asking(out: Output) -> PinSource:
    """Returns a PIN source that prompts at the terminal, with the number of attempts left."""

    def ask(prompt: PinPrompt) -> str:
        if prompt.fell:
            out.say(
                "注意：自上次操作以来有人输错过 PIN 码",
                "Note: since you last used it, somebody entered a wrong PIN",
            )
        day = shown_time(prompt.pin_set_at)[:10]
        text = out.pick(
            f"PIN 码（{day} 设置，还可输错 {prompt.left} 次）",
            f"PIN (set {day}; {prompt.left} attempts left)",
        )
        return str(click.prompt(text, hide_input=True, err=True))

    return ask

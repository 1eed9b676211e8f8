"""What all commands of the virtual phone share: which phone, its PIN, and the client's errors as refusals."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Concatenate, Final, ParamSpec

import click

from mshield.client.errors import ClientError, PhoneError
from mshield.client.phone.phone import VirtualPhone
from mshield.client.phone.pin import PinPrompt, PinSource
from mshield.commands.parts.folder import Chosen
from mshield.commands.parts.output import Output, output_options, refusing
from mshield.commands.phone.display import shown_time

FILE: Final = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
"""A file to read a secret from."""

P = ParamSpec("P")


def phone_command(run: Callable[Concatenate[Output, VirtualPhone, P], None]) -> Callable[P, None]:
    """Gives a command its output and its phone, and turns the client's errors into refusals."""

    def opened(out: Output, /, *args: P.args, **kwargs: P.kwargs) -> None:
        with refusing(out, ClientError), _phone() as phone:
            run(out, phone, *args, **kwargs)

    # What click has put on `run` (options, docstring, name) belongs to what it sees.
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
    """Where the present PIN comes from."""
    text = "File that holds the PIN. Otherwise the environment's MSHIELD_PHONE_PIN, or a prompt."
    return click.option("--pin-file", type=FILE, help=text)(run)


class _Exclusion(click.ParamType):  # type: ignore[type-arg]  # click gives it parameters from 8.2 on
    """`2=理由`: a document by its place from 1, and why it isn't signed."""

    name = "N=REASON"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> object:
        """The place and the reason."""
        place, _, reason = str(value).partition("=")
        if not (place.isascii() and place.isdecimal() and int(place) > 0 and reason.strip()):
            self.fail("Say the document's place from 1, and why: 2=REASON.", param, ctx)
        return int(place), reason


def exclude_option(run: Callable[P, None]) -> Callable[P, None]:
    """Documents of a batch that aren't signed."""
    text = (
        "Leave this document out of the batch 这份不签, counted from 1, with the reason; may be said again."
    )
    return click.option("--exclude", type=_Exclusion(), multiple=True, help=text)(run)


def excluded_of(
    phone: VirtualPhone, request_id: str | None, exclude: tuple[tuple[int, str], ...]
) -> dict[str, str]:
    """The reasons by the documents' sids. Raises PhoneError `nothing_scanned`, `no_such_document`."""
    if not exclude:
        return {}
    tasks = phone.scanned(request_id).tasks
    if any(place > len(tasks) for place, _ in exclude):
        raise PhoneError("no_such_document")
    return {tasks[place - 1].sid: reason for place, reason in exclude}


def secret_from(file: Path | None, variable: str) -> str | None:
    """A secret from a file or the environment, or None: then it is asked for."""
    if file is not None:
        return file.read_text(encoding="utf-8").strip()
    return os.environ.get(variable) or None


def new_pin(out: Output, pin_file: Path | None, *, confirm: bool) -> str:
    """A PIN to be set: from the file, the environment, or a prompt, twice with `confirm`."""
    pin = secret_from(pin_file, "MSHIELD_PHONE_PIN")
    if pin is None:
        text = out.pick("PIN 码（6 位数字）", "PIN (6 digits)")
        pin = str(click.prompt(text, hide_input=True, confirmation_prompt=confirm, err=True))
    return pin


def asking(out: Output) -> PinSource:
    """Asks at the terminal, once the service has said how many tries are left."""

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

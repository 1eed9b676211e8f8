"""Settings of witnesses: who cosigns the log's checkpoints."""

from dataclasses import dataclass

from pydantic import Field, field_validator

from mshield.pki.errors import LogFormError
from mshield.pki.tlog.cosignature import WitnessKey
from mshield.setting_forms import Names, checked_outside_url
from mshield.tsa_settings import TsaSettings


@dataclass(frozen=True, slots=True)
class WitnessPlace:
    """A witness's address, that before `/add-checkpoint`, and its key."""

    url: str
    key: WitnessKey


def _place(text: str) -> WitnessPlace:
    url, _, key = text.partition(" ")
    try:
        return WitnessPlace(checked_outside_url(url), WitnessKey.parse(key))
    except LogFormError as error:
        raise ValueError(str(error)) from error


class WitnessSettings(TsaSettings):
    """A part of `Settings`."""

    witnesses: Names = Field(
        default=(),
        description="witnesses that are asked to cosign the log's checkpoints, joined by commas: the https address, a "
        "blank, and the witness's vkey (`https://witness.example NAME+ID+KEY`)",
    )

    @field_validator("witnesses")
    @classmethod
    def _known_witnesses(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        keys = [_place(text).key for text in texts]
        if len({(key.name, key.key_id) for key in keys}) != len(keys):
            raise ValueError("a witness stands twice")
        return texts

    @property
    def witness_places(self) -> tuple[WitnessPlace, ...]:
        """Them, in their order."""
        return tuple(map(_place, self.witnesses))

"""Settings of witnesses that cosign the log's checkpoints."""

from dataclasses import dataclass

from pydantic import BaseModel, Field, field_validator

from mshield.pki.errors import LogFormError
from mshield.pki.tlog.cosignature import WitnessKey
from mshield.server.settings.forms import GROUP, Names, checked_outside_url


@dataclass(frozen=True, slots=True)
class WitnessPlace:
    """Witness: its address (the part before `/add-checkpoint`) and key."""

    url: str
    key: WitnessKey


def _place(text: str) -> WitnessPlace:
    url, _, key = text.partition(" ")
    try:
        return WitnessPlace(checked_outside_url(url), WitnessKey.parse(key))
    except LogFormError as error:
        raise ValueError(str(error)) from error


class LogSettings(BaseModel):
    """Settings of witnesses that cosign the log's checkpoints, part of `Settings`."""

    model_config = GROUP

    witnesses: Names = Field(
        default=(),
        description='comma-separated log witnesses, each "URL VKEY" (`https://witness.example NAME+ID+KEY`)',
    )

    @field_validator("witnesses")
    @classmethod
    def _known_witnesses(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        keys = [_place(text).key for text in texts]
        if len({(key.name, key.key_id) for key in keys}) != len(keys):
            raise ValueError("a witness is listed twice")
        return texts

    @property
    def witness_places(self) -> tuple[WitnessPlace, ...]:
        """The witnesses, in the order of the setting."""
        return tuple(map(_place, self.witnesses))

"""Media types of texts to be signed."""

import re
from typing import Final

_XML: Final = re.compile(r"(?:text|application)/xml|.*\+xml")


def is_xml(media_type: str) -> bool:
    """Reports whether a media type is XML."""
    return _XML.fullmatch(media_type.lower().partition(";")[0].strip()) is not None

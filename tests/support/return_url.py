"""Where the tests' business system lets the shield's app lead back to (R13)."""

from typing import Final

RETURN_URL: Final = "https://singlewindow.example/signed?from=shield"

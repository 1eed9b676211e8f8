"""Registered return address of the tests' business system (R13)."""

from typing import Final

RETURN_URL: Final = "https://singlewindow.example/signed?from=shield"

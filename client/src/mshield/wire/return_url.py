"""Parameters that the shield's app adds to a return address."""

from typing import Final

RETURN_CODE: Final = "return_code"
FIELDS: Final = ("request", "state", RETURN_CODE)
"""Parameters that the app adds to a registered address; the code only for a signed request."""

"""Registry of all subjects' errors by code, for problem pages, documents and tests.

Importing a module of errors registers them, so all are imported here.
"""

from collections.abc import Mapping
from typing import Final

from mshield.server import errors
from mshield.server.accounts import errors as accounts
from mshield.server.certificates import errors as certificates
from mshield.server.filing import errors as filing
from mshield.server.identity import errors as identity
from mshield.server.requests import errors as requests
from mshield.server.signing import errors as signing
from mshield.server.staff import errors as staff
from mshield.server.systems import errors as systems

SUBJECTS: Final = (accounts, certificates, filing, identity, requests, signing, staff, systems)
BY_CODE: Final[Mapping[str, type[errors.DomainError]]] = errors.BY_CODE

"""The six labels under which id numbers are sealed and hashed. They are bound into what is stored: none may change."""

from typing import Final

ACCOUNT_BOX: Final = "account-id-number"
"""Purpose of the box that an account's id number is sealed in; its context is the account's id."""

FILING_BOX: Final = "filing-id-number"
"""Purpose of the box that a filed id number is sealed in; its context is the person's id."""

PROPOSAL_BOX: Final = "filing-proposal"
"""Purpose of the box that a legal person who waits for a second officer is sealed in; its context is its id."""

LOOKUP: Final = "id-number"
"""The lookup key's kind by which accounts and filing are searched."""

LOOKUP_END: Final = "id-number-end"
"""The lookup key's kind for a number's last characters, by which people are looked for: four of them."""

END: Final = 4
"""Characters by which the end of an id number, a phone number or a shield number (尾号) is looked for, at least."""

CERTIFICATE_HASH: Final = "certificate-id-number"
"""The lookup key's kind for id numbers in certificates: nobody who reads one can search the database by it."""

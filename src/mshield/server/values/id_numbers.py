"""Labels under which id numbers are sealed and hashed. They are bound into stored data, so none may ever change."""

from typing import Final

ACCOUNT_BOX: Final = "account-id-number"
"""Purpose of the box with an account's id number; the box's context is the account id."""

FILING_BOX: Final = "filing-id-number"
"""Purpose of the box with a filed id number; the box's context is the person's id."""

PROPOSAL_BOX: Final = "filing-proposal"
"""Purpose of the box with a proposed legal person awaiting a second officer; the box's context is the proposal's id."""

LOOKUP: Final = "id-number"
"""Kind of lookup key for searching accounts and filing by id number."""

LOOKUP_END: Final = "id-number-end"
"""Kind of lookup key for searching by the last `END` characters of an id number."""

END: Final = 4
"""Minimum length of a suffix search (尾号) by id number, phone number or shield number."""

CERTIFICATE_HASH: Final = "certificate-id-number"
"""Kind of lookup key for id numbers in certificates: differs from `LOOKUP`, so certificates can't be used to search."""

"""The filing record that an account's own name and id number name: of whom a proof is asked, by whichever way."""

from mshield.domain import errors
from mshield.domain.identity import check_credit_code, same_name
from mshield.store.accounts.accounts import Account
from mshield.store.certificates import enrolment
from mshield.store.certificates.enrolment import FiledPerson
from mshield.store.database.interface import Database


async def own_record(db: Database, account: Account, *, credit_code: str, role: str) -> FiledPerson:
    """The record. Raises InvalidCreditCode; NoFiling where the account's own name and id number aren't on file so."""
    person = await enrolment.find_filed(
        db, credit_code=check_credit_code(credit_code), role=role, id_number_hash=account.id_number_hash
    )
    if person is None or not same_name(person.name, account.name):
        raise errors.NoFiling
    return person

"""Filing record that matches an account's own name and id number; all ways of proof start with it."""

from mshield.server.accounts.rows.accounts import Account
from mshield.server.certificates.rows import enrolment
from mshield.server.certificates.rows.enrolment import FiledPerson
from mshield.server.database.interface import Database
from mshield.server.filing.errors import NoFiling
from mshield.server.values.names import check_credit_code, same_name


async def own_record(db: Database, account: Account, *, credit_code: str, role: str) -> FiledPerson:
    """Returns the record.

    Raises: InvalidCreditCode, NoFiling (no record with the account's own name and id number).
    """
    person = await enrolment.find_filed(
        db, credit_code=check_credit_code(credit_code), role=role, id_number_hash=account.id_number_hash
    )
    if person is None or not same_name(person.name, account.name):
        raise NoFiling
    return person

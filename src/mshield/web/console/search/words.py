"""The words that lists of people take, each as a parameter of its own."""

from typing import Annotated

from msgspec import Meta

from mshield.domain import errors
from mshield.services.filing.people_pages import Words
from mshield.web.console.certificates import NumberEnding, Word
from mshield.web.query import Query

Text32 = Annotated[str, Meta(max_length=32)]
CreditCode = Annotated[Text32 | None, Meta(description="of one enterprise only")]


class PeopleWords(Query, frozen=True):
    """Who is looked for; all words must fit."""

    name: Annotated[
        Word | None,
        Meta(
            description="how the person's name begins, or what of it follows the first character; or two characters or"
            " more of the enterprise's"
        ),
    ] = None
    end: Annotated[
        NumberEnding | None, Meta(description="the end of an id number, a phone number or a shield number")
    ] = None
    id_number: Annotated[Text32 | None, Meta(description="of one person only")] = None
    credit_code: CreditCode = None

    def words(self) -> Words:
        """The same for the service. Raises InvalidRequest for a name that isn't printable."""
        if self.name is not None and not self.name.isprintable():
            raise errors.InvalidRequest(fields=["name"])
        return Words(name=self.name, end=self.end, id_number=self.id_number, credit_code=self.credit_code)

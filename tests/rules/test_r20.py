"""R20: cards, USB keys and shields are equal; holders of a card may apply."""

from tests.support.application import Application


def test_r20_nothing_asks_about_cards(application: Application) -> None:
    """Holders of a card or a USB key apply like everybody: no field of any call knows of them."""
    document = application.app.state.documents.of()
    fields = {
        name.lower()
        for schema in document["components"]["schemas"].values()
        for name in schema.get("properties", {})
    }
    assert len(fields) > 50
    assert not {name for name in fields if any(word in name for word in ("card", "usb", "ukey"))}

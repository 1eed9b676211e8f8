"""How documents are read to be shown, by phone and verifier."""

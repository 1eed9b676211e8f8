"""Other systems of accounts."""

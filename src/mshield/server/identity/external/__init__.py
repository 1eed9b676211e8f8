"""Other systems of identity."""

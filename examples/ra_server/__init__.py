"""Reference server of the plain interface between Mobile Shield and an outside CA (docs/outside-ca.md)."""

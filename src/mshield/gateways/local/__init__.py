"""Files of the operator's own on this host."""

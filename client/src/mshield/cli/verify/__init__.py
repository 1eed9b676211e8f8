"""`mshield verify`: verifies signatures and evidence bundles offline."""

"""`mshield verify`: signatures and bundles of evidence, offline."""

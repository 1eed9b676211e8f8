"""CMS signatures and evidence bundles."""

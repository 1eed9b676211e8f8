"""CMS signatures and bundles of evidence."""

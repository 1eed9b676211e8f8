"""Detection and declaration of a database restored from an older copy."""

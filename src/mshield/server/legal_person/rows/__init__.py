"""Data of the legal person's portal: people, shields, and sessions."""

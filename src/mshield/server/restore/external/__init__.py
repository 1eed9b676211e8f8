"""Storage of the high-water mark outside the database."""

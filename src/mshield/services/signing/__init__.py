"""Co-signing: opening and finishing a session, and what a key signs for the service itself."""

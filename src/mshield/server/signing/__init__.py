"""Co-signing: opens and finishes signing sessions, and creates the service's own documents to sign."""

"""An asker's words against the content that they are about."""

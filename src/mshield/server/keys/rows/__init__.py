"""The rows of sealed secrets."""

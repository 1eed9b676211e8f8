"""Identity proofs: links from accounts to people on file."""

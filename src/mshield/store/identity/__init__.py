"""What ties accounts to the people on file."""

"""What a page in the PC's browser calls to follow one request."""

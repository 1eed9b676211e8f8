"""DER, PEM, object identifiers, and the frame shared by all signed structures."""

"""DER, PEM, object identifiers, and the frame that all signed structures share."""

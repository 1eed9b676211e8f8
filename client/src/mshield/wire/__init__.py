"""Messages and values on which clients and the service must agree, each defined once."""

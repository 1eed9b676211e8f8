"""Running what the service does by itself, once among all processes of a database."""

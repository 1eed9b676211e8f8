"""Access to other systems for all subjects: calls, names, addresses, tables."""

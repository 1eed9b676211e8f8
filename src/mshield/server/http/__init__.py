"""HTTP interface: one package per audience; only problems.py turns errors into HTTP answers."""

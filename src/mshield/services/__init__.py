"""Use cases of the service, one file per verb; each takes what it needs explicitly, its clock included."""

"""Certificate authorities outside the service: their protocols, behind one interface (`adapter`)."""

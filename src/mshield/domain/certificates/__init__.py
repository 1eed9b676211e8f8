"""Certificates: states and holds, history, renewal, shield numbers, PINs, how a CA stands."""

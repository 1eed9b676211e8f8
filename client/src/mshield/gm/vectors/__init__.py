"""Readers and checks of the cases of a vector file.

A case is read strictly: a field that is missing, ill-formed or unused by the check fails it.
"""

"""How the cases of a vector file are read and checked.

A case is read strictly: a field that is missing, ill-formed or not used by the check fails it.
"""

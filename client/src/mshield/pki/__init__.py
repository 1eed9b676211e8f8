"""Certificates, requests, CRLs, OCSP and CMS for SM2, as functions on bytes.

Imports only `gm` of this project, and uses no file, network, clock or random source.
"""

"""Devices that hold keys: tokens by PKCS#11, cipher machines by GM/T 0018."""

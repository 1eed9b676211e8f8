"""Reading what other CAs issue, tolerantly where they deviate from GM/T 0015; nothing here is ever issued.

Bytes are never changed: names, digests and signatures are over what stands there.
"""

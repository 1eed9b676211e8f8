"""The commands of `mshield`, one file each, exposing a click command or group called `command`.

The file's name is the command's name; `mshield.cli` imports a file only when its command is asked for, so a client-only
install never needs the server's packages.
"""

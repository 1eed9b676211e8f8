"""The commands of `mshield`, a file or folder each, exposing a click command or group called `command`.

Its name is the command's name; `mshield.cli` imports it only when its command is asked for, so a client-only install
never needs the server's packages. What several share is in `parts`.
"""

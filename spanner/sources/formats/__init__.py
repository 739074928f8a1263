"""Session files of audio and video programs: a module for each format, each with `read(path)`.

`detect` is the registry: it tells formats apart and says how to add one. Readers have in common
`opening` (a file's bytes, within bounds), `xml` (its elements), `recorded` (what the place means
that a session has for a file) and `references` (what was found so far).
"""

"""Session files of audio and video programs: a module for each format, each with `read(path)`."""

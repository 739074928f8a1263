"""Searches all files of all sets."""

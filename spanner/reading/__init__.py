"""Reads discs: images, drives and folders, past damage, and checks them."""

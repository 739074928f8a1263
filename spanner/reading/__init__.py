"""Reads discs, past damage, from copies and through parity, and checks them."""

"""Bin packing: which item goes in which bin, how few bins do, and the proof."""

from spanner.planning.packing.pack import pack
from spanner.planning.packing.problem import BinType, Packing

__all__ = ["BinType", "Packing", "pack"]

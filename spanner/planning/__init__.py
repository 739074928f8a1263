"""Planning: which item goes on which disc. Opens no file."""

from spanner.planning.packing import Packing, pack

__all__ = ["Packing", "pack"]

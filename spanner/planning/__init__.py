"""Planning: which item goes on which disc. Opens no file."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spanner.planning.packing import Packing, pack

__all__ = ["Packing", "pack"]


def __getattr__(name: str) -> Any:
    """The solver is loaded when it is asked for: commands that only read plans start faster."""
    if name in __all__:
        return getattr(import_module("spanner.planning.packing"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

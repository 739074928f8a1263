"""spanner: sets of optical discs for finished audio sessions, planned, burnt, checked, restored.

What other programs use is in `spanner.api`, and all of it can be had from here: docs/python.md
shows how. It is loaded when it is first asked for, as commands need but a part of it.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from spanner.version import VERSION

if TYPE_CHECKING:
    from spanner.api import *

__all__ = ["__version__"]
__version__ = VERSION


def __getattr__(name: str) -> Any:
    is_module = find_spec(f"{__name__}.{name}") is not None  # then it is imported, not asked for
    if not name.startswith("_") and not is_module:
        api = import_module("spanner.api")
        if name in api.__all__:
            return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *import_module("spanner.api").__all__])

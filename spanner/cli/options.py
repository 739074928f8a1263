"""Options that several commands share, alone and in groups."""

from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, get_type_hints

import typer

ScratchOption = Annotated[
    str,
    typer.Option(
        "--scratch",
        metavar="DIR",
        help="Where the image of a disc may lie meanwhile.",
        show_default="the folder of temporary files",
    ),
]
ToFolderOption = Annotated[
    str, typer.Option("--to", metavar="DIR", help="Folder for the images, one .iso a disc.")
]
SearchOption = Annotated[
    list[str] | None,
    typer.Option("--search", metavar="DIR", help="Look for media of sessions below this folder."),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask: yes to all.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
LibraryOption = Annotated[
    str,
    typer.Option(
        "--library",
        metavar="FILE",
        envvar="SPANNER_LIBRARY",
        help="The local record of all sets.",
        show_default="in the user's data folder",
    ),
]


def grouped(function: Callable[..., Any]) -> Callable[..., Any]:
    """The command with each parameter that is a dataclass spelled out as its fields.

    So commands share groups of options, which typer by itself does not know.
    """
    hints = get_type_hints(function, include_extras=True)
    groups: dict[str, Any] = {name: kind for name, kind in hints.items() if is_dataclass(kind)}
    parameters: dict[str, Parameter] = {}
    for name, parameter in signature(function).parameters.items():
        if name in groups:
            parameters |= _parameters(groups[name])
        else:
            parameters[name] = _keyword(name, hints[name], parameter.default)

    def command(**given: Any) -> Any:
        for name, kind in groups.items():
            given[name] = kind(**{each.name: given.pop(each.name) for each in fields(kind)})
        return function(**given)

    command.__doc__ = function.__doc__
    command.__annotations__ = {name: each.annotation for name, each in parameters.items()}
    command.__dict__["__signature__"] = Signature(list(parameters.values()))
    return command


def _parameters(group: Any) -> dict[str, Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return {
        each.name: _keyword(
            each.name,
            hints[each.name],
            Parameter.empty if each.default is MISSING else each.default,
        )
        for each in fields(group)
    }


def _keyword(name: str, annotation: Any, default: Any) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)

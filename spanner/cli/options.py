"""Options that several commands share, and what they mean."""

import os
from typing import Annotated

import platformdirs
import typer

from spanner.ecc.rs03 import parse_percent

SourcesArgument = Annotated[
    list[str], typer.Argument(metavar="SOURCE", help="Session folders, or any folders or files.")
]
MediaOption = Annotated[
    str,
    typer.Option(
        "--media",
        metavar="MEDIA",
        help="NAME[@PRICE][xSTOCK], by commas: 'bd-r@1.20x10,dvd-r@0.25', 'custom:700MB'.",
    ),
]
PackOption = Annotated[
    str,
    typer.Option(
        "--pack",
        help="letters: alphabetical ranges; order: as given; optimal: fewest discs.",
    ),
]
KeepOption = Annotated[
    str,
    typer.Option(
        "--keep",
        metavar="none|folder|REGEX",
        help="Keep folders, or files with one key (REGEX's first group), on one disc.",
    ),
]
FillOption = Annotated[
    str, typer.Option("--fill", help="even: discs as full as each other; full: one by one.")
]
ReserveOption = Annotated[
    str,
    typer.Option("--reserve", metavar="SIZE|PERCENT", help="Leave so much of each disc free."),
]
EccOption = Annotated[
    str,
    typer.Option(
        "--ecc",
        metavar="PERCENT",
        help="Add so much error correction to each image (dvdisaster's RS03; 20 is usual).",
    ),
]
ScratchOption = Annotated[
    str,
    typer.Option(
        "--scratch",
        metavar="DIR",
        help="Where the image of a disc may lie meanwhile.",
        show_default="the folder of temporary files",
    ),
]
SplitOption = Annotated[
    bool, typer.Option("--split/--no-split", help="Cut files larger than a disc into parts.")
]
ReplicateOption = Annotated[
    list[str] | None,
    typer.Option("--replicate", metavar="GLOB", help="Put these files on every disc."),
]
TitleOption = Annotated[str, typer.Option("--title", help="The set's title.")]
HashOption = Annotated[
    bool,
    typer.Option("--hash", help="Read every source once beforehand: all discs get all hashes."),
]
NewOnlyOption = Annotated[
    bool,
    typer.Option(
        "--new-only", help="Take what is new or changed since the last set of the same sources."
    ),
]
ByHashOption = Annotated[
    bool,
    typer.Option("--by-hash", help="With --new-only: compare contents, not sizes and times."),
]
SkipArchivedOption = Annotated[
    bool,
    typer.Option("--skip-archived", help="Leave out what is on verified discs of any set."),
]
IncludeLibraryOption = Annotated[
    bool,
    typer.Option("--include-library", help="Put a copy of the library on each disc."),
]
FollowOption = Annotated[
    bool, typer.Option("--follow", help="Archive what symbolic links point to.")
]
ParityOption = Annotated[
    int,
    typer.Option("--parity", metavar="N", help="N discs more: any N of the set may be lost."),
]
SearchOption = Annotated[
    list[str] | None,
    typer.Option("--search", metavar="DIR", help="Look for media of sessions below this folder."),
]
FolderOnlyOption = Annotated[
    bool,
    typer.Option("--folder-only", help="Read no sessions: take the folders as they are."),
]
UsedOnlyOption = Annotated[
    bool, typer.Option("--used-only", help="Take sessions and what they refer to, nothing else.")
]
SkipRegenerableOption = Annotated[
    bool,
    typer.Option(
        "--skip-regenerable", help="Leave out peaks, caches, fades that programs make again."
    ),
]
AllowMissingOption = Annotated[
    bool,
    typer.Option("--allow-missing", help="Go on without media that are nowhere to be found."),
]
ToFolderOption = Annotated[
    str, typer.Option("--to", metavar="DIR", help="Folder for the images, one .iso a disc.")
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


def library_file(option: str) -> str:
    """The library's file: what was asked for, or the one in the user's data folder."""
    return option or os.path.join(platformdirs.user_data_dir("spanner"), "library.sqlite")


def ecc_percent(option: str) -> float:
    """The error correction that was asked for, in percent; 0: none.

    Raises:
        UsageError: there is no such percentage.
    """
    return parse_percent(option) if option else 0

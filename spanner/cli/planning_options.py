"""The options of `plan` and `archive`: what to take, what not again, how to plan it."""

from dataclasses import dataclass
from typing import Annotated

import typer

from spanner.cli.options import SearchOption
from spanner.ecc.rs03 import parse_percent
from spanner.incremental import IncrementalOptions
from spanner.model.media_types import parse_media
from spanner.planning.planner import PlanOptions
from spanner.sources.collect import CollectOptions

SourcesArgument = Annotated[
    list[str], typer.Argument(metavar="SOURCE", help="Session folders, or any folders or files.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectGroup:
    """What of the sources is taken; `status` takes it the same way."""

    follow: Annotated[
        bool, typer.Option("--follow", help="Archive what symbolic links point to.")
    ] = False
    search: SearchOption = None
    folder_only: Annotated[
        bool, typer.Option("--folder-only", help="Read no sessions: take the folders as they are.")
    ] = False
    used_only: Annotated[
        bool,
        typer.Option("--used-only", help="Take sessions and what they refer to, nothing else."),
    ] = False
    skip_regenerable: Annotated[
        bool,
        typer.Option(
            "--skip-regenerable", help="Leave out peaks, caches, fades that programs make again."
        ),
    ] = False
    allow_missing: Annotated[
        bool,
        typer.Option("--allow-missing", help="Go on without media that are nowhere to be found."),
    ] = False

    @property
    def options(self) -> CollectOptions:
        """The same, for `collect`."""
        return CollectOptions(
            search=tuple(self.search or ()),
            folder_only=self.folder_only,
            used_only=self.used_only,
            skip_regenerable=self.skip_regenerable,
            allow_missing=self.allow_missing,
            follow=self.follow,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanGroup:
    """How the set is planned, and what of it earlier sets hold."""

    media: Annotated[
        str,
        typer.Option(
            "--media",
            metavar="MEDIA",
            help="NAME[@PRICE][xSTOCK], by commas: 'bd-r@1.20x10,dvd-r@0.25', 'custom:700MB'.",
        ),
    ]
    pack: Annotated[
        str,
        typer.Option(
            "--pack", help="letters: alphabetical ranges; order: as given; optimal: fewest discs."
        ),
    ] = "letters"
    keep: Annotated[
        str,
        typer.Option(
            "--keep",
            metavar="none|folder|REGEX",
            help="Keep folders, or files with one key (REGEX's first group), on one disc.",
        ),
    ] = "none"
    fill: Annotated[
        str, typer.Option("--fill", help="even: discs as full as each other; full: one by one.")
    ] = "even"
    reserve: Annotated[
        str,
        typer.Option("--reserve", metavar="SIZE|PERCENT", help="Leave so much of each disc free."),
    ] = ""
    ecc: Annotated[
        str,
        typer.Option(
            "--ecc",
            metavar="PERCENT",
            help="Add so much error correction to each image (dvdisaster's RS03; 20 is usual).",
        ),
    ] = ""
    split: Annotated[
        bool, typer.Option("--split/--no-split", help="Cut files larger than a disc into parts.")
    ] = True
    replicate: Annotated[
        list[str] | None,
        typer.Option("--replicate", metavar="GLOB", help="Put these files on every disc."),
    ] = None
    title: Annotated[str, typer.Option("--title", help="The set's title.")] = ""
    parity: Annotated[
        int,
        typer.Option("--parity", metavar="N", help="N discs more: any N of the set may be lost."),
    ] = 0
    hash: Annotated[
        bool,
        typer.Option("--hash", help="Read every source once beforehand: all discs get all hashes."),
    ] = False
    new_only: Annotated[
        bool,
        typer.Option(
            "--new-only",
            help="Take what is new or changed since the last set of the same sources.",
        ),
    ] = False
    by_hash: Annotated[
        bool,
        typer.Option("--by-hash", help="With --new-only: compare contents, not sizes and times."),
    ] = False
    skip_archived: Annotated[
        bool,
        typer.Option("--skip-archived", help="Leave out what is on verified discs of any set."),
    ] = False
    include_library: Annotated[
        bool, typer.Option("--include-library", help="Put a copy of the library on each disc.")
    ] = False

    @property
    def options(self) -> PlanOptions:
        """The same, for the planner.

        Raises:
            UsageError: there is no such medium or percentage.
        """
        return PlanOptions(
            media=parse_media(self.media),
            pack=self.pack,
            split=self.split,
            replicate=tuple(self.replicate or ()),
            hash=self.hash,
            title=self.title,
            keep=self.keep,
            fill=self.fill,
            reserve=self.reserve,
            parity=self.parity,
            ecc=parse_percent(self.ecc) if self.ecc else 0,
        )

    @property
    def incremental(self) -> IncrementalOptions:
        """What of it says what is not archived again."""
        return IncrementalOptions(
            new_only=self.new_only,
            by_hash=self.by_hash,
            skip_archived=self.skip_archived,
            hash=self.hash,
            replicate=tuple(self.replicate or ()),
            include_library=self.include_library,
        )

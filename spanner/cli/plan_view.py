"""How a plan looks to people: its discs, divided folders, what it costs and what is proven."""

import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import floor

from rich.cells import cell_len, set_cell_size

from spanner.cli.table import GAP, Column, Line, lines
from spanner.model.plan import Disc, Plan, Saving, Supply
from spanner.model.units import format_size
from spanner.wording import printable

_BAR = 12  # cells
_BLOCKS = "▏▎▍▌▋▊▉█"
_MANY = 40  # more discs than that get two lines each only where it cannot be helped
_SHORT_TITLE = 24  # to which the titles of many discs are rather cut
_LONGEST_MEDIUM = 20
_NARROWEST = 72  # what two lines take with the longest volume ID; the terminal may wrap them
_TERMINAL, _PIPE = 80, 100  # columns where nothing says how many there are
_MOST_LINES = 12
_MOST_RANGES = 8
_PLAIN = str.maketrans({"–": "-", "…": "..."})
_DIVISIONS = {"letters": "alphabetical division", "order": "division in this order"}

_Layout = tuple[tuple[str, ...], ...]
"""The columns of a table from the left, the title's last; of several names each has a line."""
_WITHOUT_IDS: _Layout = (("Disc",), ("Medium",), ("Full",), ("Size",), ("Files",), ("Title",))
_ONE_LINE: _Layout = (("Disc",), ("Volume ID",), *_WITHOUT_IDS[1:])
_TWO_LINES: _Layout = (("Disc",), ("Full", "Medium"), ("Size", "Files"), ("Title", "Volume ID"))
_BLANK: Line = (("", ""),)


def describe(plan: Plan) -> None:
    """Print the plan for people, as wide as the terminal."""
    from rich.console import Console  # noqa: PLC0415 (takes long to load)
    from rich.text import Text  # noqa: PLC0415 (takes long to load)

    screen = _Screen.of_stdout()
    # Where one of them is missing, rich takes a terminal that is "dumb" for one of 80 columns.
    console = Console(width=screen.width, height=25, highlight=False)
    with console.capture() as capture:
        for line in _lines(plan, screen):
            console.print(Text.assemble(*line))  # in which no markup is looked for
    printed = capture.get().split("\n")[:-1]
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in printed))  # cells end in spaces
    sys.stdout.flush()


@dataclass(frozen=True, slots=True)
class _Screen:
    """What is printed on: its width in cells, and the encoding of the characters it has."""

    width: int
    encoding: str

    @classmethod
    def of_stdout(cls) -> "_Screen":
        unknown = _TERMINAL if sys.stdout.isatty() else _PIPE
        columns = shutil.get_terminal_size((unknown, 25)).columns
        return cls(max(columns, _NARROWEST), sys.stdout.encoding or "utf-8")

    def shown(self, text: str) -> str:
        """The text on one line, in characters that there are."""
        text = printable(text)
        try:
            text.encode(self.encoding)
        except UnicodeEncodeError:
            plain = text.translate(_PLAIN)
            return plain.encode(self.encoding, "backslashreplace").decode(self.encoding)
        return text

    def cut(self, text: str, width: int) -> str:
        """As much of a text as fits; it is already as it is shown."""
        if cell_len(text) <= width:
            return text
        dots = self.shown("…")
        return set_cell_size(text, max(0, width - len(dots))).rstrip() + dots

    def bar(self, part: int, whole: int) -> str:
        """A bar that shows something of the least part, and is full only of the whole."""
        blocks, empty = (_BLOCKS, " ") if self.shown(_BLOCKS) == _BLOCKS else ("#", ".")
        cells, rest = divmod(max(part * _BAR * len(blocks) // whole, int(part > 0)), len(blocks))
        return (blocks[-1] * cells + blocks[rest - 1] * (rest > 0)).ljust(_BAR, empty)


def _lines(plan: Plan, screen: _Screen) -> Iterator[Line]:
    """All that is printed, from above."""
    yield (screen.shown(plan.set.title), "bold"), (f"  (set {plan.set.id[:8]})", "dim")
    yield _BLANK
    yield from _discs(plan.discs, screen)
    yield _BLANK
    for line in (*_too_large(plan), *_divided(plan), *_totals(plan), *_supplies(plan.media)):
        yield ((screen.shown(line), ""),)
    yield ((_claim(plan), "green" if plan.proven else "yellow"),)


def _discs(discs: Sequence[Disc], screen: _Screen) -> Iterator[Line]:
    """One line a disc where all fits, else two; of many discs one, their volume IDs said before."""
    columns = _columns(discs, screen)
    title = columns["Title"]
    wanted = title.width if len(discs) <= _MANY else min(title.width, _SHORT_TITLE)
    layout = _ONE_LINE
    if _room(layout, columns, screen) < wanted:
        layout = _TWO_LINES
        if ids := _volume_ids(discs):
            layout = _WITHOUT_IDS
            yield ((ids, ""),)
            yield _BLANK
    room = _room(layout, columns, screen)
    cut = (screen.cut(text, room) for ((text, _),) in title.cells)
    columns["Title"] = _column("Title", cut, "bold")
    yield from lines([[columns[name] for name in names] for names in layout])


def _room(layout: _Layout, columns: dict[str, Column], screen: _Screen) -> int:
    """Cells that are left to the titles."""
    widths = (max(columns[name].width for name in names) for names in layout[:-1])
    return screen.width - sum(width + GAP for width in widths)


def _columns(discs: Sequence[Disc], screen: _Screen) -> dict[str, Column]:
    payloads = [disc.payload for disc in discs]
    media = [screen.cut(screen.shown(disc.medium), _LONGEST_MEDIUM) for disc in discs]
    columns = (
        _column("Disc", (str(disc.number) for disc in discs), right=True),
        _column("Volume ID", (screen.shown(disc.volume_id) for disc in discs), "dim"),
        _column("Medium", media),
        Column("Full", [_fill(disc, screen) for disc in discs]),
        _column("Size", (format_size(size) for _, size in payloads), right=True),
        _column("Files", (str(files) for files, _ in payloads), right=True),
        _column("Title", (screen.shown(disc.title) for disc in discs), "bold"),
    )
    return {column.head: column for column in columns}


def _column(head: str, texts: Iterable[str], style: str = "", *, right: bool = False) -> Column:
    return Column(head, [((text, style),) for text in texts], right)


def _fill(disc: Disc, screen: _Screen) -> Line:
    bar = screen.bar(disc.image_sectors, disc.capacity_sectors)
    permille = disc.image_sectors * 1000 // disc.capacity_sectors
    return (bar, "green on bright_black"), (f"{permille / 10:6.1f}%", "")


def _volume_ids(discs: Sequence[Disc]) -> str:
    """The volume IDs of many discs in a line, if each follows from the disc's number."""
    patterns = {re.sub(rf"_0*{each.number}(?=OF\d+$)", "_#", each.volume_id) for each in discs}
    if len(discs) <= _MANY or len(patterns) > 1:
        return ""
    return f"volume IDs {discs[0].volume_id} to {discs[-1].volume_id.rpartition('_')[2]}"


def _too_large(plan: Plan) -> Iterator[str]:
    """Groups that could not be kept whole."""
    places = {each.path: f" {_on(each.discs)}" for each in plan.divided}
    groups = (f"{name}{places.get(name, '')}" for name in _news(plan.too_large, plan))
    return _most([f"too large for one disc, divided: {group}" for group in groups], "group")


def _divided(plan: Plan) -> Iterator[str]:
    """Folders on several discs that are not named as too large."""
    places = {each.path: _on(each.discs) for each in plan.divided}
    paths = [path for path in _news(places, plan) if path not in plan.too_large]
    return _most([f"divided: {path} {places[path]}" for path in paths], "folder")


def _news(paths: Iterable[str], plan: Plan) -> list[str]:
    """Without the only session as a whole: on several discs it is divided anyway."""
    paths = list(paths)
    return [path for path in paths if len(plan.sources) > 1 or "/" in path] or paths


def _most(lines: Sequence[str], what: str) -> Iterator[str]:
    yield from lines[:_MOST_LINES]
    if len(lines) > _MOST_LINES:
        yield f"and {_count(len(lines) - _MOST_LINES, f'more {what}')}"


def _on(discs: Sequence[int]) -> str:
    """Where something is: "on discs 1-3, 5"."""
    runs = groupby(enumerate(sorted(discs)), key=lambda each: each[1] - each[0])
    ranges = [[disc for _, disc in run] for _, run in runs]
    if len(ranges) > _MOST_RANGES:
        return f"on {len(discs)} discs from {min(discs)} to {max(discs)}"
    words = [str(each[0]) if len(each) == 1 else f"{each[0]}-{each[-1]}" for each in ranges]
    return f"on {'disc' if len(discs) == 1 else 'discs'} {', '.join(words)}"


def _totals(plan: Plan) -> Iterator[str]:
    """What is on all discs; what is on several of them counts once."""
    media = Counter(disc.medium for disc in plan.discs)
    kinds = ", ".join(f"{count} {medium}" for medium, count in media.items())
    items = {(item.path, item.part): item for disc in plan.discs for item in disc.items}
    size = sum(item.size * item.count for item in items.values())
    files = {item.path: item.count for item in items.values()}
    what = f"{format_size(size)} in {_count(sum(files.values()), 'file')}"
    yield f"{_count(len(plan.discs), 'disc')}: {kinds}; {what}"
    if plan.price is not None:
        yield f"costs {_money(plan.price)}"


def _supplies(media: Sequence[Supply]) -> Iterator[str]:
    """What is left, and what more would save."""
    left = [f"{each.left} {each.medium}" for each in media if each.left is not None]
    if left:
        yield f"left of the stock: {', '.join(left)}"
    for each in media:
        if each.one_more and (saved := _saved(each.one_more)):
            yield f"one more {each.medium} would save {saved}"


def _saved(saving: Saving) -> str:
    """What is saved; empty where that is nothing."""
    saved = [_money(saving.price)] if saving.price > 0 else []
    saved += [_count(saving.discs, "disc")] if saving.discs > 0 else []
    more = f" (with {_count(-saving.discs, 'more disc')})" if saved and saving.discs < 0 else ""
    return " and ".join(saved) + more


def _claim(plan: Plan) -> str:
    """What is proven of the plan, or how much better another could be."""
    whole = " that keeps groups whole" if plan.keep != "none" else ""
    better = "has fewer discs" if plan.price is None else "costs less"
    if plan.proven:
        plain = plan.price is None and not whole
        return f"proven: no plan{' with fewer discs exists' if plain else f'{whole} {better}'}"
    least, gap = _bound(plan)
    if division := _DIVISIONS.get(plan.strategy):
        own = f"{plan.strategy}: no {division}{whole} was found that {better}"
        free = "needs" if plan.price is None else "costs"
        return f"{own}; free packing (--pack optimal) {free} at least {least}" if gap else own
    if not gap:
        return f"not proven: a plan{whole} may exist that {better}"
    if plan.price is not None:
        return f"any plan{whole} costs at least {least} (gap {gap})"
    needed = f"{'is' if plan.lower_bound == 1 else 'are'} needed{whole and ' to keep groups whole'}"
    return f"at least {least} {needed} (gap {gap})"


def _bound(plan: Plan) -> tuple[str, str]:
    """What any plan needs or costs at least, and by how much this one is above that, if it is."""
    if plan.price is None:
        gap = len(plan.discs) - plan.lower_bound
        return _count(plan.lower_bound, "disc"), str(gap) if gap > 0 else ""
    bound = floor((plan.price_bound or 0) * 100 + 1e-6) / 100  # in cents it never is too high
    known = plan.price_bound is not None and bound < plan.price
    return _money(bound), _money(plan.price - bound) if known else ""


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _money(value: float) -> str:
    """With cents, and what is below them where there is something."""
    whole, _, rest = f"{value:.6f}".rstrip("0").partition(".")
    return f"{whole}.{rest:0<2}"

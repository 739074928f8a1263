"""What a person opens first on a disc: README.txt and index.html."""

import re
from collections.abc import Iterator
from html import escape
from importlib import resources
from string import Template
from urllib.parse import quote

from spanner.catalog import media_table
from spanner.model.plan import Disc, Plan
from spanner.model.tree import MISSING, UNREADABLE
from spanner.model.units import format_size
from spanner.wording import printable

_MOST_PLACES = 100  # of missing media files, in README.txt
_NEEDS_NO_QUOTES = re.compile(r"[\w./-]+", re.ASCII).fullmatch


def readme(plan: Plan, disc: Disc) -> str:
    """The text of README.txt: what the disc is, which discs the set has, how to get all back."""
    files, size = disc.payload
    return _template("readme.txt").substitute(
        title=printable(plan.set.title),
        number=disc.number,
        count=len(plan.discs),
        disc_title=printable(disc.title),
        volume_id=disc.volume_id,
        created=plan.set.created[:10],
        set_id=plan.set.id,
        files=f"{files:,}",
        size=format_size(size),
        discs="\n".join(_disc_line(each, each is disc) for each in plan.discs),
        base_sets=_base_sets(plan),
        library=_template("library.txt").template if plan.library else "",
        parity=_parity(plan),
        ecc=_template("ecc.txt").template if plan.ecc else "",
        references=_references(plan),
    )


def index(plan: Plan, disc: Disc) -> Iterator[str]:
    """The pieces of index.html: a table of all discs, and one of all files with a search field."""
    head, tail = _template("index.html").template.split("<!-- files -->")
    yield Template(head).substitute(
        title=escape(printable(plan.set.title)),
        volume_id=disc.volume_id,
        created=plan.set.created[:10],
        number=disc.number,
        count=len(plan.discs),
        discs="".join(_disc_row(each, each is disc) for each in plan.discs),
    )
    for each in plan.discs:
        for item in each.items:
            part = f" (part {item.part} of {item.parts})" if item.parts > 1 else ""
            size = format_size(item.size)
            for named in item.names():
                name = escape(printable(named.path)) + part
                if each is disc:
                    place = named.on_disc
                    link = place if _NEEDS_NO_QUOTES(place) else quote(place)
                    name = f'<a href="{link}">{name}</a>'
                yield f"<tr><td>{each.number}<td>{name}<td>{size}\n"
    sets = {each.id: each for each in plan.base_sets}
    for file in plan.base_files:
        known = {disc.number: disc.volume_id for disc in sets[file.set_id].discs}
        numbers = sorted({part.disc for part in file.parts})
        place = f"{sets[file.set_id].created[:10]}: {', '.join(known[x] for x in numbers)}"
        for path in (file.path, *file.links):
            name = escape(printable(path))
            yield f"<tr><td>{place}<td>{name}<td>{format_size(file.size)}\n"
    yield tail


def _parity(plan: Plan) -> str:
    """Which discs are parity, and how lost ones are rebuilt by hand."""
    if not plan.parities:
        return ""
    data = len(plan.data_discs)
    return _template("parity.txt").substitute(
        data=data,
        lost="one disc" if plan.parities == 1 else f"any {plan.parities} discs",
        discs=", ".join(f"{disc.number}" for disc in plan.discs[data:]),
        example=plan.data_discs[-1].volume_id,
    )


def _base_sets(plan: Plan) -> str:
    """Which discs of base sets hold the rest of the files, and how to get all of them back."""
    if not plan.base_sets:
        return ""
    needed = {(file.set_id, part.disc) for file in plan.base_files for part in file.parts}
    lines = []
    for each in plan.base_sets:
        discs = [
            f"  {disc.number:>5}  {disc.volume_id:<30}  {printable(disc.title)}"
            for disc in each.discs
            if (each.id, disc.number) in needed
        ]
        head = f"  {each.created[:10]}  set {each.id}, {printable(each.title)}"
        lines += [head, *discs] if discs else []
    return _template("base_sets.txt").substitute(sets="\n".join(lines))


def _references(plan: Plan) -> str:
    """Where the media that the sessions refer to are, which are missing, and what is not known."""
    if not plan.references:
        return ""
    text = _template("references.txt").template
    for status in (MISSING, UNREADABLE):
        places = media_table.recorded_places(plan.references, status)
        if places:
            lines = [f"  {printable(each)}" for each in places[:_MOST_PLACES]]
            if len(places) > _MOST_PLACES:
                lines.append(f"  and {len(places) - _MOST_PLACES:,} more, see the table")
            text += _template(f"{status}.txt").substitute(lines="\n".join(lines))
    return text


def _disc_line(disc: Disc, here: bool) -> str:
    mark = "  <- this disc" if here else ""
    return f"  {disc.number:>3}  {disc.volume_id:<30}  {printable(disc.title)}{mark}"


def _disc_row(disc: Disc, here: bool) -> str:
    files, size = disc.payload
    return (
        f"<tr{' class=here' if here else ''}><td>{disc.number}<td>{disc.volume_id}"
        f"<td>{escape(printable(disc.title))}<td>{files:,}<td>{format_size(size)}\n"
    )


def _template(name: str) -> Template:
    return Template(resources.files(__package__).joinpath("templates", name).read_text("utf-8"))

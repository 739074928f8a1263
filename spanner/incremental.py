"""What of the sources must go onto discs: the rest is on discs of earlier sets, which is said."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from burners.progress import Progress
from spanner.errors import NothingNewError
from spanner.library.complete_sets import CompleteSets, HeldContent, StoredContent, earlier
from spanner.model.base_set import BaseDisc, BaseFile, BaseSet, ComparedSet
from spanner.model.plan import Duplicate, Item, Plan, SetInfo
from spanner.model.tree import File, Tree
from spanner.planning.contents import doubles_of, is_document, matches
from spanner.planning.duplicates import can_be_duplicate
from spanner.sources.hashing import Division, hash_files
from spanner.wording import printable

_Hashes = dict[Division, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncrementalOptions:
    """What is not to be archived again. `replicate`: globs of what goes onto every disc anyway.

    `include_library`: a copy of the library goes there too.

    `new_only`: what the last set of the same source has, by path, size and time; `by_hash`: by
    content. `skip_archived`: what any set has, by content. `hash`: all hashes are wanted.
    """

    new_only: bool = False
    by_hash: bool = False
    skip_archived: bool = False
    hash: bool = False
    replicate: tuple[str, ...] = ()
    include_library: bool = False

    @property
    def needs_library(self) -> bool:
        """It is compared with earlier sets."""
        return self.new_only or self.skip_archived

    @property
    def reads(self) -> bool:
        """Contents are compared."""
        return self.by_hash or self.skip_archived or self.hash


def compare(
    tree: Tree, archived: CompleteSets | None, wishes: IncrementalOptions, progress: Progress
) -> Tree:
    """The tree without the files that need not be archived again, which are its `base_files`.

    Session documents and what is wanted on every disc stay, and AppleDouble files with their files.
    What was read has its hash, so that one content is stored once.

    Raises:
        NothingNewError: the last set of these sources is what they are now.
        SourceError: a source cannot be read, or changed.
    """
    sets = archived.sets() if archived else {}
    last = _LastSets(tree, archived, sets)
    matched: dict[str, HeldContent] = {}
    if wishes.new_only and not wishes.by_hash:
        matched = {file.path: held for file in tree.files if (held := last.same(file))}
    if wishes.reads:
        rest = [file for file in tree.files if file.path not in matched]
        contents = _Contents(last if wishes.by_hash else None)
        if archived and wishes.skip_archived:
            sizes = {file.size for file in rest if file.size}
            contents.add(archived.of_sizes(sizes, sets))
        found = _read(rest, tree, contents, progress)
        files = {path: file for path, (file, _) in found.items()}
        tree = replace(tree, files=tuple(files.get(x.path, x) for x in tree.files))
        for path, (file, hashes) in found.items():
            held = contents.find(file, hashes, archived)
            if held:
                matched[path] = held
    if not archived:
        return tree
    if all(file.path in matched or not file.size for file in tree.files):
        last.check_for_news(tree)
    stay = _staying(tree, matched, wishes)
    return _divided(tree, {x: matched[x] for x in matched if x not in stay}, last, archived)


class _LastSets:
    """The newest complete set of each source, and what its state is made of."""

    def __init__(self, tree: Tree, archived: CompleteSets | None, sets: Collection[str]) -> None:
        self.plans: dict[str, Plan] = {}  # source's name → plan
        self.held: dict[str, HeldContent] = {}
        for root in tree.roots:
            plan = archived.newest(root.name, sets) if archived else None
            if archived and plan:
                self.plans[root.name] = plan
                self.held |= {
                    path: held
                    for path, held in archived.state(plan, sets)
                    if path.partition("/")[0] == root.name
                }

    @property
    def compared_sets(self) -> tuple[ComparedSet, ...]:
        sets = {
            plan.set.id: ComparedSet(plan.set.id, plan.set.created) for plan in self.plans.values()
        }
        return tuple(sets.values())

    def same(self, file: File) -> HeldContent | None:
        """What one of its names had, if it has the same size and time."""
        for name in file.names:
            held = self.held.get(name)
            if held and (held.size, held.mtime_ns) == (file.size, file.mtime_ns):
                return held
        return None

    def check_for_news(self, tree: Tree) -> None:
        """Raise NothingNewError where these sets describe just what the tree has."""
        infos: dict[str, SetInfo] = {}
        for root in tree.roots:
            plan = self.plans.get(root.name)
            if not plan or _of_plan(plan, root.name) != _of_tree(tree, root.name):
                return
            infos[plan.set.id] = plan.set
        raise NothingNewError([(x.id, printable(x.title), x.created) for x in infos.values()])


@dataclass(slots=True)
class _Contents:
    """What earlier sets hold, by content; of the last set with the paths that it had there."""

    last: _LastSets | None
    divisions: dict[int, set[Division]] = field(default_factory=dict)
    _known: dict[tuple[Division, tuple[str, ...]], HeldContent | StoredContent] = field(
        default_factory=dict
    )

    def __post_init__(self) -> None:
        if self.last:
            self.add(self.last.held.values())

    def add(self, found: Iterable[HeldContent | StoredContent]) -> None:
        """Add contents; what is known already stays."""
        for each in found:
            division = each.division
            if all(each.hashes):
                self.divisions.setdefault(sum(division), set()).add(division)
                self._known.setdefault((division, each.hashes), each)

    def find(
        self, file: File, hashes: _Hashes, archived: CompleteSets | None
    ) -> HeldContent | None:
        """Where the content of a file is: under its own name if it is there, else anywhere."""
        for name in file.names if self.last else ():
            assert self.last
            held = self.last.held.get(name)
            alike = not file.size or hashes.get(held.division) == held.hashes if held else False
            if held and held.size == file.size and alike:
                return held
        for division, found in hashes.items():
            each = self._known.get((division, found))
            if isinstance(each, StoredContent):
                assert archived
                return archived.held(each.set_id).get(each.path)
            if each and file.size:
                return each
        return None


def _read(
    files: Iterable[File], tree: Tree, contents: _Contents, progress: Progress
) -> dict[str, tuple[File, _Hashes]]:
    """The files, read where another content of their size is known, here or there."""
    files = list(files)
    alike = Counter(file.size for file in files if can_be_duplicate(file.path))
    wanted = [
        file
        for file in files
        if file.size and (file.size in contents.divisions or alike[file.size] > 1)
    ]
    hashes = hash_files(wanted, tree.places, contents.divisions, progress)
    found: dict[str, tuple[File, _Hashes]] = {}
    for file in files:
        known = hashes.get(file.path, {})
        sha256 = known[(file.size,)][0] if known else ""
        found[file.path] = replace(file, sha256=sha256), known
    return found


def _staying(tree: Tree, matched: Collection[str], wishes: IncrementalOptions) -> set[str]:
    """The paths of files that go onto the discs, though earlier ones may hold them."""
    stay = {
        file.path
        for file in tree.files
        if file.path not in matched
        or is_document(file)
        or any(matches(file, glob) for glob in wishes.replicate)
    }
    for owner, doubles in doubles_of(tree.files).items():
        if owner in stay:
            stay |= {double.path for double in doubles}
    return stay


def _divided(
    tree: Tree, matched: dict[str, HeldContent], last: _LastSets, archived: CompleteSets
) -> Tree:
    """The tree with what was found held as its `base_files`."""
    found: list[BaseFile] = []
    for file in tree.files:
        held = matched.get(file.path)
        if held:
            links = tuple(sorted(file.links))
            found.append(earlier(held, file.path, links, file.mtime_ns, file.mode))
    return replace(
        tree,
        files=tuple(file for file in tree.files if file.path not in matched),
        base_files=tuple(found),
        base_sets=tuple(_base_sets(found, last, archived)),
        compared_sets=last.compared_sets,
    )


def _base_sets(found: Iterable[BaseFile], last: _LastSets, archived: CompleteSets) -> list[BaseSet]:
    """The sets that hold the files, and those that the new set follows on, oldest first."""
    plans = [*last.plans.values(), *map(archived.plan, {each.set_id for each in found})]
    sets = {each.id: each for plan in last.plans.values() for each in plan.base_sets}
    for plan in plans:
        discs = (BaseDisc(x.number, x.volume_id, x.title, x.parity) for x in plan.discs)
        sets[plan.set.id] = BaseSet(plan.set.id, plan.set.title, plan.set.created, tuple(discs))
    return sorted(sets.values(), key=lambda each: (each.created, each.id))


_Described = set[tuple[object, ...]]


def _of_plan(plan: Plan, source: str) -> _Described:
    """All that a set says of a source."""
    found: _Described = set()
    for disc in plan.discs:
        for item in disc.items:
            files: tuple[Item | Duplicate, ...] = (item, *item.duplicates)
            for file in files:
                names = frozenset((file.path, *(link.path for link in file.links)))
                found.add((names, item.whole_size, file.mtime_ns, file.mode))
    for old in plan.base_files:
        names = frozenset((old.path, *old.links))
        found.add((names, old.size, old.mtime_ns, old.mode))
    folders = ((each.path, each.mode, each.mtime_ns) for each in plan.directories)
    links = ((each.path, each.target, each.mtime_ns) for each in plan.symlinks)
    return _below(source, found, folders, links)


def _of_tree(tree: Tree, source: str) -> _Described:
    """All that is in a source now."""
    files: _Described = {
        (frozenset(file.names), file.size, file.mtime_ns, file.mode) for file in tree.files
    }
    folders = ((each.path, each.mode, each.mtime_ns) for each in tree.directories)
    links = ((each.path, each.target, each.mtime_ns) for each in tree.symlinks)
    return _below(source, files, folders, links)


def _below(source: str, *described: Iterable[tuple[object, ...]]) -> _Described:
    """What is of a source; what is described begins with its path or its paths."""
    found: _Described = set()
    for each in described:
        for what in each:
            path = min(what[0]) if isinstance(what[0], frozenset) else str(what[0])
            if path.partition("/")[0] == source:
                found.add(what)
    return found

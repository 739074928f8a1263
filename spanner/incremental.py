"""Compares the sources with complete sets: what those hold is not archived again."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from burners.progress import Progress
from spanner.errors import NothingNewError
from spanner.library.complete_sets import CompleteSets, HeldContent, StoredContent
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
    """What is not archived again, and how that is found.

    `new_only`: what the newest set of the same source has, by path, size and time; with `by_hash`
    by content. `skip_archived`: what any set has, by content. `hash`: all hashes are wanted.
    `replicate`: globs of what goes onto every disc anyway. `include_library`: a copy of the library
    goes there too.
    """

    new_only: bool = False
    by_hash: bool = False
    skip_archived: bool = False
    hash: bool = False
    replicate: tuple[str, ...] = ()
    include_library: bool = False

    @property
    def needs_library(self) -> bool:
        """The sources are compared with sets of the library."""
        return self.new_only or self.skip_archived

    @property
    def reads(self) -> bool:
        """Contents are compared, so that sources are read."""
        return self.by_hash or self.skip_archived or self.hash


def compare(
    tree: Tree,
    complete_sets: CompleteSets | None,
    options: IncrementalOptions,
    progress: Progress,
) -> Tree:
    """The tree without the files that need not be archived again, which are its `base_files`.

    Session documents and what is wanted on every disc stay, and AppleDouble files with their files.
    What was read has its hash, so that one content is stored once.

    Raises:
        NothingNewError: the newest sets of these sources say what they are now.
        SourceError: a source cannot be read, or changed.
    """
    sets = complete_sets.sets() if complete_sets else {}
    newest = _NewestSets(tree, complete_sets, sets)
    matched: dict[str, HeldContent] = {}
    if options.new_only and not options.by_hash:
        matched = {x.path: content for x in tree.files if (content := newest.unchanged(x))}
    if options.reads:
        rest = [file for file in tree.files if file.path not in matched]
        known = _KnownContents(newest if options.by_hash else None)
        if complete_sets and options.skip_archived:
            sizes = {file.size for file in rest if file.size}
            known.add(complete_sets.of_sizes(sizes, sets))
        hashed = _hashed(rest, tree, known, progress)
        files = {path: file for path, (file, _) in hashed.items()}
        tree = replace(tree, files=tuple(files.get(x.path, x) for x in tree.files))
        for path, (file, hashes) in hashed.items():
            content = known.find(file, hashes, complete_sets)
            if content:
                matched[path] = content
    if not complete_sets:
        return tree
    if all(file.path in matched or not file.size for file in tree.files):
        newest.check_for_news(tree)
    staying = _staying(tree, matched, options)
    base = {path: content for path, content in matched.items() if path not in staying}
    return _with_base(tree, base, newest, complete_sets)


class _NewestSets:
    """The newest complete set of each source, and the contents that make up its state."""

    def __init__(
        self, tree: Tree, complete_sets: CompleteSets | None, sets: Collection[str]
    ) -> None:
        self.plans: dict[str, Plan] = {}  # source's name → plan
        self.contents: dict[str, HeldContent] = {}  # by path
        for root in tree.roots:
            plan = complete_sets.newest(root.name, sets) if complete_sets else None
            if complete_sets and plan:
                self.plans[root.name] = plan
                self.contents |= {
                    path: content
                    for path, content in complete_sets.state(plan, sets)
                    if path.partition("/")[0] == root.name
                }

    @property
    def compared_sets(self) -> tuple[ComparedSet, ...]:
        """These sets, each once."""
        sets = {
            plan.set.id: ComparedSet(plan.set.id, plan.set.created) for plan in self.plans.values()
        }
        return tuple(sets.values())

    def unchanged(self, file: File) -> HeldContent | None:
        """The content of one of the file's names, if that had the size and time of the file."""
        for name in file.names:
            content = self.contents.get(name)
            if content and (content.size, content.mtime_ns) == (file.size, file.mtime_ns):
                return content
        return None

    def check_for_news(self, tree: Tree) -> None:
        """Raise NothingNewError where these sets describe just what the tree has."""
        infos: dict[str, SetInfo] = {}
        for root in tree.roots:
            plan = self.plans.get(root.name)
            if not plan or _state_in(plan, root.name) != _state_of(tree, root.name):
                return
            infos[plan.set.id] = plan.set
        raise NothingNewError([(x.id, printable(x.title), x.created) for x in infos.values()])


@dataclass(slots=True)
class _KnownContents:
    """What complete sets hold, by content; of the newest sets, if these count, also by path.

    `divisions` are the ways in which known files are divided into parts, by the files' sizes.
    """

    newest: _NewestSets | None
    divisions: dict[int, set[Division]] = field(default_factory=dict)
    _known: dict[tuple[Division, tuple[str, ...]], HeldContent | StoredContent] = field(
        default_factory=dict
    )

    def __post_init__(self) -> None:
        if self.newest:
            self.add(self.newest.contents.values())

    def add(self, contents: Iterable[HeldContent | StoredContent]) -> None:
        """Add contents all of whose hashes are known; of equal ones the first counts."""
        for each in contents:
            division = each.division
            if all(each.hashes):
                self.divisions.setdefault(sum(division), set()).add(division)
                self._known.setdefault((division, each.hashes), each)

    def find(
        self, file: File, hashes: _Hashes, complete_sets: CompleteSets | None
    ) -> HeldContent | None:
        """Where the content of a file is: under its own name if it is there, else anywhere."""
        for name in file.names if self.newest else ():
            assert self.newest
            content = self.newest.contents.get(name)
            if not content or content.size != file.size:
                continue
            if not file.size or hashes.get(content.division) == content.hashes:
                return content
        for division, found in hashes.items():
            each = self._known.get((division, found))
            if isinstance(each, StoredContent):
                assert complete_sets
                return complete_sets.held(each.set_id).get(each.path)
            if each and file.size:
                return each
        return None


def _hashed(
    files: Iterable[File], tree: Tree, contents: _KnownContents, progress: Progress
) -> dict[str, tuple[File, _Hashes]]:
    """The files by path with their hashes; read where the sets or the tree have others as large."""
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


def _staying(tree: Tree, matched: Collection[str], options: IncrementalOptions) -> set[str]:
    """The paths of the files that go onto discs, though a base set may hold some of them."""
    stay = {
        file.path
        for file in tree.files
        if file.path not in matched
        or is_document(file)
        or any(matches(file, glob) for glob in options.replicate)
    }
    for owner, doubles in doubles_of(tree.files).items():
        if owner in stay:
            stay |= {double.path for double in doubles}
    return stay


def _with_base(
    tree: Tree,
    contents: dict[str, HeldContent],
    newest: _NewestSets,
    complete_sets: CompleteSets,
) -> Tree:
    """The tree with the files of these paths as its `base_files`, which have these contents."""
    base_files = [
        BaseFile(
            path=file.path,
            size=content.size,
            mtime_ns=file.mtime_ns,
            mode=file.mode,
            set_id=content.set_id,
            parts=content.parts,
            links=tuple(sorted(file.links)),
        )
        for file in tree.files
        if (content := contents.get(file.path))
    ]
    return replace(
        tree,
        files=tuple(file for file in tree.files if file.path not in contents),
        base_files=tuple(base_files),
        base_sets=tuple(_base_sets(base_files, newest, complete_sets)),
        compared_sets=newest.compared_sets,
    )


def _base_sets(
    files: Iterable[BaseFile], newest: _NewestSets, complete_sets: CompleteSets
) -> list[BaseSet]:
    """The sets that hold the files, and those that the new set follows on, oldest first."""
    holding = (complete_sets.plan(set_id) for set_id in {each.set_id for each in files})
    plans = [*newest.plans.values(), *holding]
    sets = {each.id: each for plan in newest.plans.values() for each in plan.base_sets}
    for plan in plans:
        discs = (BaseDisc(x.number, x.volume_id, x.title, x.parity) for x in plan.discs)
        sets[plan.set.id] = BaseSet(plan.set.id, plan.set.title, plan.set.created, tuple(discs))
    return sorted(sets.values(), key=lambda each: (each.created, each.id))


_State = set[tuple[object, ...]]


def _state_in(plan: Plan, source: str) -> _State:
    """The files, folders and links of a source as a set states them."""
    found: _State = set()
    for disc in plan.discs:
        for item in disc.items:
            files: tuple[Item | Duplicate, ...] = (item, *item.duplicates)
            for file in files:
                names = frozenset((file.path, *(link.path for link in file.links)))
                found.add((names, item.whole_size, file.mtime_ns, file.mode))
    for base in plan.base_files:
        names = frozenset((base.path, *base.links))
        found.add((names, base.size, base.mtime_ns, base.mode))
    folders = ((each.path, each.mode, each.mtime_ns) for each in plan.directories)
    links = ((each.path, each.target, each.mtime_ns) for each in plan.symlinks)
    return _below(source, found, folders, links)


def _state_of(tree: Tree, source: str) -> _State:
    """The files, folders and links of a source as they are now."""
    files: _State = {
        (frozenset(file.names), file.size, file.mtime_ns, file.mode) for file in tree.files
    }
    folders = ((each.path, each.mode, each.mtime_ns) for each in tree.directories)
    links = ((each.path, each.target, each.mtime_ns) for each in tree.symlinks)
    return _below(source, files, folders, links)


def _below(source: str, *described: Iterable[tuple[object, ...]]) -> _State:
    """What is of this source; each description begins with its path, or the set of its paths."""
    found: _State = set()
    for each in described:
        for what in each:
            path = min(what[0]) if isinstance(what[0], frozenset) else str(what[0])
            if path.partition("/")[0] == source:
                found.add(what)
    return found

"""What a walk finds, in which order, and what it refuses."""

import os
import socket
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanner.errors import UsageError
from spanner.model.tree import Skipped, origin
from spanner.sources import Directory, File, SourceRoot, Symlink, Tree, walk

DAY = 86_400 * 10**9


def make(folder: Path, *paths: str) -> None:
    """Make files that hold their own path; a path with a slash at its end is a folder."""
    for path in paths:
        place = os.path.join(folder, path)
        if path.endswith("/"):
            os.makedirs(place)
        else:
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "xb") as file:
                file.write(os.fsencode(path))


def files(tree: Tree) -> list[str]:
    return [file.path for file in tree.files]


def directories(tree: Tree) -> list[str]:
    return [directory.path for directory in tree.directories]


def test_everything_in_order(tmp_path: Path) -> None:
    make(tmp_path / "Song", "b.wav", "a/2", "a/10", "a/x/", "B.wav", "c/d/e", "a.wav")
    tree = walk([str(tmp_path / "Song")])
    assert tree.roots == (SourceRoot("Song", str(tmp_path / "Song")),)
    assert directories(tree) == ["Song", "Song/a", "Song/a/x", "Song/c", "Song/c/d"]
    assert files(tree) == [
        "Song/B.wav",
        "Song/a/10",
        "Song/a/2",
        "Song/a.wav",
        "Song/b.wav",
        "Song/c/d/e",
    ]
    assert tree.symlinks == ()
    assert tree.skipped == ()


def test_sizes_times_and_modes(tmp_path: Path) -> None:
    make(tmp_path / "Song", "empty/", "a.wav")
    (tmp_path / "Song/nothing.wav").touch()
    os.chmod(tmp_path / "Song/a.wav", 0o4750)
    os.chmod(tmp_path / "Song/nothing.wav", 0o444)
    os.chmod(tmp_path / "Song/empty", 0o1777)
    os.chmod(tmp_path / "Song", 0o750)
    for name, time in {"a.wav": DAY + 1, "nothing.wav": -DAY, "empty": DAY + 999, ".": 5}.items():
        os.utime(tmp_path / "Song" / name, ns=(0, time))
    tree = walk([str(tmp_path / "Song")])
    assert tree.files == (
        File(path="Song/a.wav", size=5, mtime_ns=DAY + 1, mode=0o4750),
        File(path="Song/nothing.wav", size=0, mtime_ns=-DAY, mode=0o444),
    )
    assert tree.directories == (
        Directory("Song", 0o750, 5),
        Directory("Song/empty", 0o1777, DAY + 999),
    )


def test_single_file(tmp_path: Path) -> None:
    make(tmp_path, "mix.wav")
    os.chmod(tmp_path / "mix.wav", 0o600)
    os.utime(tmp_path / "mix.wav", ns=(0, DAY))
    tree = walk([str(tmp_path / "mix.wav")])
    assert tree.roots == (SourceRoot("mix.wav", str(tmp_path / "mix.wav")),)
    assert tree.files == (File(path="mix.wav", size=7, mtime_ns=DAY, mode=0o600),)
    assert tree.directories == ()
    assert origin({root.name: root.path for root in tree.roots}, "mix.wav") == str(
        tmp_path / "mix.wav"
    )


def test_empty_folder(tmp_path: Path) -> None:
    make(tmp_path, "Song/")
    tree = walk([str(tmp_path / "Song")])
    assert (files(tree), directories(tree)) == ([], ["Song"])


ODD = [b"\xff\xfe.wav", b"a\nb\r.wav", "🎸.wav".encode(), "Ü".encode(), b" ", b"%0A", b"\\", b"-rf"]


def test_odd_names_are_kept_byte_for_byte(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/So\nng\xff"
    os.mkdir(folder)
    for name in ODD:
        with open(os.path.join(folder, name), "wb"):
            pass
    tree = walk([os.fsdecode(folder)])
    found = files(tree)
    assert [os.fsencode(path) for path in found] == [
        b"So\nng\xff/" + os.fsencode(name) for name in sorted(map(os.fsdecode, ODD))
    ]
    roots = {root.name: root.path for root in tree.roots}
    assert all(os.path.isfile(origin(roots, path)) for path in found)


NAMES = st.text("aBé -", min_size=1, max_size=3)
FOLDERS = st.dictionaries(
    NAMES, st.recursive(st.none(), lambda inner: st.dictionaries(NAMES, inner)), max_size=4
)


def grow(place: str, shape: dict[str, object]) -> None:
    os.mkdir(place)
    for name, inner in shape.items():
        if isinstance(inner, dict):
            grow(os.path.join(place, name), inner)
        else:
            with open(os.path.join(place, name), "wb"):
                pass


def expected(path: str, shape: object) -> list[str]:
    """Each path, directories with a slash behind: itself, then what it holds by name."""
    if not isinstance(shape, dict):
        return [path]
    below = [each for name in sorted(shape) for each in expected(f"{path}/{name}", shape[name])]
    return [f"{path}/", *below]


@settings(max_examples=40)
@given(shape=FOLDERS)
def test_any_tree(tmp_path_factory: pytest.TempPathFactory, shape: dict[str, object]) -> None:
    place = tmp_path_factory.mktemp("tree") / "Song"
    grow(str(place), shape)
    tree = walk([str(place)])
    wanted = expected("Song", shape)
    assert [f"{path}/" for path in directories(tree)] == [x for x in wanted if x.endswith("/")]
    assert files(tree) == [path for path in wanted if not path.endswith("/")]


def test_symbolic_links_are_recorded_not_followed(tmp_path: Path) -> None:
    make(tmp_path, "Song/a/x.wav", "outside.wav")
    song = tmp_path / "Song"
    targets = {"1": "a/x.wav", "2": "a", "3": "nowhere", "4": "4", "5": ".", "6": "/etc/passwd"}
    for name, target in targets.items():
        os.symlink(target, song / name)
        os.utime(song / name, ns=(0, DAY), follow_symlinks=False)
    os.symlink(b"odd\xff\n", os.fsencode(song / "7"))
    os.utime(song / "7", ns=(0, DAY + 7), follow_symlinks=False)
    tree = walk([str(song)])
    assert tree.symlinks == (
        *(Symlink(f"Song/{name}", target, DAY) for name, target in targets.items()),
        Symlink("Song/7", "odd\udcff\n", DAY + 7),
    )
    assert files(tree) == ["Song/a/x.wav"]
    assert directories(tree) == ["Song", "Song/a"]
    assert tree.skipped == ()


def test_followed_links_stand_for_what_they_lead_to(tmp_path: Path) -> None:
    make(tmp_path, "Song/a/x.wav", "Pool/y/z.wav", "outside.wav")
    song = tmp_path / "Song"
    for name, target in {"1": "a/x.wav", "2": "../Pool", "3": "nowhere", "4": "4"}.items():
        os.symlink(target, song / name)
    os.symlink("1/impossible", song / "5")
    os.chmod(tmp_path / "outside.wav", 0o640)
    os.utime(tmp_path / "outside.wav", ns=(0, DAY))
    os.symlink("../outside.wav", song / "6")
    tree = walk([str(song)], follow=True)
    assert files(tree) == ["Song/1", "Song/2/y/z.wav", "Song/6", "Song/a/x.wav"]
    assert tree.files[2] == File(path="Song/6", size=11, mtime_ns=DAY, mode=0o640)
    assert directories(tree) == ["Song", "Song/2", "Song/2/y", "Song/a"]
    assert tree.symlinks == ()
    nowhere = "a symbolic link that leads nowhere"
    assert tree.skipped == (
        Skipped("Song/3", f"{nowhere} (No such file or directory)"),
        Skipped("Song/4", f"{nowhere} (Too many levels of symbolic links)"),
        Skipped("Song/5", f"{nowhere} (Not a directory)"),
    )


def test_followed_links_that_lead_back_up_end_there(tmp_path: Path) -> None:
    make(tmp_path, "Song/a/b/x.wav", "Pool/y.wav")
    os.symlink("../..", tmp_path / "Song/a/b/up")
    os.symlink("../../a", tmp_path / "Song/a/b/above")
    os.symlink("../../../Pool", tmp_path / "Song/a/b/pool")
    os.symlink("../Song", tmp_path / "Pool/song")
    # Twice the same folder side by side is no loop.
    os.symlink("a", tmp_path / "Song/same")
    tree = walk([str(tmp_path / "Song")], follow=True)
    reason = "a symbolic link to a folder above it"
    assert tree.skipped == tuple(
        Skipped(f"Song/{path}", reason)
        for folder in ("a", "same")
        for path in (f"{folder}/b/above", f"{folder}/b/pool/song", f"{folder}/b/up")
    )
    assert files(tree) == [
        "Song/a/b/pool/y.wav",
        "Song/a/b/x.wav",
        "Song/same/b/pool/y.wav",
        "Song/same/b/x.wav",
    ]


def test_hard_links_are_one_file_with_further_names(tmp_path: Path) -> None:
    make(tmp_path, "One/b.wav", "One/d.wav", "Two/")
    os.link(tmp_path / "One/b.wav", tmp_path / "One/a.wav")
    os.link(tmp_path / "One/b.wav", tmp_path / "Two/c.wav")
    os.link(tmp_path / "One/d.wav", tmp_path / "elsewhere.wav")
    tree = walk([str(tmp_path / "One"), str(tmp_path / "Two")])
    assert [(file.path, file.links) for file in tree.files] == [
        ("One/a.wav", ("One/b.wav", "Two/c.wav")),
        ("One/d.wav", ()),
    ]
    assert tree.files[0].size == 9


def test_special_files_are_left_out_with_their_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "Song/a.wav")
    monkeypatch.chdir(tmp_path / "Song")  # a socket's path must be short
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        tree = walk([str(tmp_path / "Song"), "/dev/null"])
    assert tree.skipped == (
        Skipped("Song/pipe", "a named pipe"),
        Skipped("Song/socket", "a socket"),
        Skipped("null", "a character device"),
    )
    assert files(tree) == ["Song/a.wav"]


def test_equal_base_names_get_numbers(tmp_path: Path) -> None:
    make(tmp_path, "1/Song/a", "2/Song/a", "3/Song 2/a", "4/Song")
    sources = [str(tmp_path / path) for path in ("1/Song", "2/Song", "3/Song 2", "4/Song")]
    tree = walk(sources)
    assert [(root.name, root.path) for root in tree.roots] == list(
        zip(("Song", "Song 2", "Song 2 2", "Song 3"), sources, strict=True)
    )
    assert files(tree) == ["Song/a", "Song 2/a", "Song 2 2/a", "Song 3"]


@pytest.mark.parametrize(
    ("source", "name", "place"),
    [
        ("Song", "Song", "Song"),
        ("Song/", "Song", "Song"),
        ("./Song//", "Song", "Song"),
        ("Song/a/..", "Song", "Song"),
        ("Song/a/../../Song/a/", "a", "Song/a"),
        ("link", "link", "link"),
        ("link/", "link", "link"),
        ("link/.", "Pool", "deep/Pool"),
        ("link/../Song", "Song", "deep/Song"),  # not the Song beside the link
        (".", "here", ""),
    ],
)
def test_how_a_source_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, name: str, place: str
) -> None:
    make(tmp_path / "here", "Song/a/x", "deep/Pool/x", "deep/Song/y")
    os.symlink("deep/Pool", tmp_path / "here/link")
    monkeypatch.chdir(tmp_path / "here")
    (root,) = walk([source]).roots
    assert root == SourceRoot(name, os.path.join(tmp_path, "here", place).rstrip("/"))


def test_the_root_folder_has_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "scandir", lambda path: nullcontext([]))
    assert walk(["//"]).roots == (SourceRoot("root", "/"),)


@pytest.mark.parametrize(
    ("sources", "sentence"),
    [
        (["Song", "Song"], "Song and Song are the same source: name it once"),
        (["Song", "x.wav", "Song/"], "Song and Song/ are the same source: name it once"),
        (["link", "Song"], "Song and link are the same source: name it once"),
        (["x.wav", "./x.wav"], "./x.wav and x.wav are the same source: name it once"),
        (["Song/a", "Song"], "Song/a lies inside Song, which is a source: name Song only"),
        (["Song", "Song b", "link/a/b"], "link/a/b lies inside Song, which is a source"),
        (["Song", "Song/a/b/x.wav"], "Song/a/b/x.wav lies inside Song, which is a source"),
        ([".", "Song"], "Song lies inside ., which is a source: name . only"),
    ],
)
def test_sources_that_overlap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sources: list[str], sentence: str
) -> None:
    make(tmp_path, "Song/a/b/x.wav", "Song b/", "x.wav")
    os.symlink("Song", tmp_path / "link")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        walk(sources)
    assert str(caught.value).startswith(sentence)


def test_sources_that_share_only_letters(tmp_path: Path) -> None:
    make(tmp_path, "Song/x", "Song b/x", "Song-2/x", "So/x")
    sources = [str(tmp_path / name) for name in ("Song", "Song b", "Song-2", "So")]
    assert files(walk(sources)) == ["Song/x", "Song b/x", "Song-2/x", "So/x"]


class Counter:
    """Progress that remembers what it was told."""

    def __init__(self) -> None:
        self.tasks: list[tuple[str, int | None, str]] = []
        self.count = 0

    def task(self, what: str, total: int | None = None, unit: str = "B") -> nullcontext[None]:
        self.tasks.append((what, total, unit))
        return nullcontext()

    def advance(self, count: int) -> None:
        self.count += count

    def note(self, line: str) -> None:
        raise AssertionError(line)


def test_progress_counts_files(tmp_path: Path) -> None:
    make(tmp_path / "Song", "a", "b/c", "d/")
    os.link(tmp_path / "Song/a", tmp_path / "Song/z")
    progress = Counter()
    walk([str(tmp_path / "Song")], progress=progress)
    assert progress.tasks == [("scanning", None, "files")]
    assert progress.count == 3

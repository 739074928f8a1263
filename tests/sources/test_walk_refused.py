"""Sources that are not there, may not be read, or lie too deep: all are named, none is left out."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from spanner.errors import SourceError, UnreadableSourcesError, UsageError
from spanner.sources import walk

NOBODY = 65534


@contextmanager
def unprivileged() -> Iterator[None]:
    """Without the rights of root, whom no permission hinders."""
    if os.geteuid() != 0:
        yield
        return
    groups, gids = os.getgroups(), os.getresgid()
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, gids[2])
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)
        os.setresgid(*gids)
        os.setgroups(groups)


@pytest.fixture
def public() -> Iterator[str]:
    """A folder that everybody can look into (pytest's own are private)."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield folder
        for path, names, _ in os.walk(folder):
            for name in names:
                os.chmod(os.path.join(path, name), 0o755)


def write(path: str) -> None:
    with open(path, "wb") as file:
        file.write(b"data")


def refused(*sources: str, follow: bool = False) -> UnreadableSourcesError:
    with unprivileged(), pytest.raises(UnreadableSourcesError) as caught:
        walk(sources, follow=follow)
    assert caught.value.exit_code == 4
    return caught.value


def test_all_that_cannot_be_read_is_listed_at_once(public: str) -> None:
    for folder in ("Song", "Song/closed", "Song/open", "Song/unsearchable", "Take"):
        os.mkdir(f"{public}/{folder}")
    names = ("Song/a", "Song/b\n", "Song/closed/x", "Song/open/c", "Song/unsearchable/d", "Take/e")
    for name in (*names, "Song/good"):
        write(f"{public}/{name}")
    modes = {"Song/a": 0, "Song/b\n": 0o200, "Song/closed": 0, "Song/open/c": 0, "Take/e": 0}
    for name, mode in (modes | {"Song/unsearchable": 0o644}).items():
        os.chmod(f"{public}/{name}", mode)
    error = refused(f"{public}/Song", f"{public}/Take")
    denied = "Permission denied"
    assert error.failures == [
        (f"{public}/Song/a", denied),
        (f"{public}/Song/b\n", denied),
        (f"{public}/Song/closed", denied),
        (f"{public}/Song/open/c", denied),
        (f"{public}/Song/unsearchable/d", denied),
        (f"{public}/Take/e", denied),
    ]
    assert str(error).splitlines() == [
        "6 sources cannot be read, nothing was written:",
        f"  {public}/Song/a: {denied}",
        f"  {public}/Song/b\\n: {denied}",
        f"  {public}/Song/closed: {denied}",
        f"  {public}/Song/open/c: {denied}",
        f"  {public}/Song/unsearchable/d: {denied}",
        f"  {public}/Take/e: {denied}",
    ]


def test_every_name_of_an_unreadable_file_is_listed(public: str) -> None:
    os.mkdir(f"{public}/Song")
    for name in ("a", "b", "c"):
        write(f"{public}/Song/{name}")
    os.link(f"{public}/Song/a", f"{public}/Song/d")
    os.chmod(f"{public}/Song/a", 0)
    assert [path for path, _ in refused(f"{public}/Song").failures] == [
        f"{public}/Song/a",
        f"{public}/Song/d",
    ]


def test_a_source_itself_may_be_unreadable(public: str) -> None:
    os.mkdir(f"{public}/Song")
    write(f"{public}/mix.wav")
    os.chmod(f"{public}/Song", 0)
    os.chmod(f"{public}/mix.wav", 0)
    paths = [f"{public}/mix.wav", f"{public}/Song"]
    assert refused(*paths).failures == [(path, "Permission denied") for path in paths]


def test_a_followed_link_into_a_closed_folder_is_no_dangling_one(public: str) -> None:
    os.mkdir(f"{public}/Song")
    os.mkdir(f"{public}/closed")
    write(f"{public}/closed/x")
    os.symlink("../closed/x", f"{public}/Song/link")
    os.chmod(f"{public}/closed", 0)
    error = refused(f"{public}/Song", follow=True)
    assert error.failures == [(f"{public}/Song/link", "Permission denied")]


def test_a_source_behind_a_closed_folder(public: str) -> None:
    os.mkdir(f"{public}/closed")
    write(f"{public}/closed/x")
    os.chmod(f"{public}/closed", 0)
    with unprivileged(), pytest.raises(SourceError) as caught:
        walk([f"{public}/closed/x"])
    assert str(caught.value) == f"{public}/closed/x: cannot be read (Permission denied)"
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("no\nwhere", "no such source: no\\nwhere"),
        ("dangling", "no such source: dangling"),
        ("mix.wav/", "no such source: mix.wav/"),
        ("mix.wav/x", "no such source: mix.wav/x"),
        ("", "no such source: its name is empty"),
        ("a\0b", "no such source: a\\x00b"),
        ("\ud800", "no such source: \\ud800"),
        ("x" * 300, f"{'x' * 300}: cannot be read (File name too long)"),
    ],
)
def test_no_such_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write("mix.wav")
    os.symlink("nowhere", "dangling")
    with pytest.raises(SourceError) as caught:
        walk(["mix.wav", source])
    assert str(caught.value) == sentence
    assert caught.value.exit_code == 4


def test_no_source() -> None:
    with pytest.raises(UsageError, match="no source: name a session folder or a file to archive"):
        walk([])


Dig = Callable[[str, int], str]


@pytest.fixture
def dig(tmp_path: Path) -> Iterator[Dig]:
    """Make a chain of folders of one name, however long its path, with a file at its end.

    pytest could not remove it.
    """
    chains: list[tuple[str, int, int]] = []

    def make(name: str, depth: int) -> str:
        fd = os.open(tmp_path, os.O_RDONLY)
        for _ in range(depth):
            os.mkdir(name, dir_fd=fd)
            inner = os.open(name, os.O_RDONLY, dir_fd=fd)
            os.close(fd)
            fd = inner
        os.close(os.open("end", os.O_WRONLY | os.O_CREAT, dir_fd=fd))
        chains.append((name, depth, fd))
        return str(tmp_path / name)

    yield make
    for name, depth, deepest in chains:
        fd = deepest
        os.unlink("end", dir_fd=fd)
        for _ in range(depth):
            outer = os.open("..", os.O_RDONLY, dir_fd=fd)
            os.close(fd)
            fd = outer
            os.rmdir(name, dir_fd=fd)
        os.close(fd)


@pytest.mark.parametrize("depth", [400, 1500])
def test_deep_trees_are_walked_to_their_end(dig: Dig, depth: int) -> None:
    tree = walk([dig("d", depth)])
    chain = "/".join("d" * depth)
    assert [directory.path for directory in tree.directories] == [
        chain[: 2 * level + 1] for level in range(depth)
    ]
    assert [file.path for file in tree.files] == [f"{chain}/end"]


def test_what_lies_too_deep_for_any_path_is_unreadable(dig: Dig) -> None:
    top = dig("some folder", 1500)
    with pytest.raises(UnreadableSourcesError) as caught:
        walk([top])
    ((path, reason),) = caught.value.failures
    assert reason == "File name too long"
    # The first that the system no longer takes (PATH_MAX counts the NUL at its end).
    assert path.rpartition("/")[0] < path
    assert len(path) >= 4096 > len(path.rpartition("/")[0])
    assert set(path[len(top) :].split("/")) == {"", "some folder"}
    assert caught.value.exit_code == 4

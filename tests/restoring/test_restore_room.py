"""A target without room: seen before anything is written, or survived in the middle."""

import errno
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from spanner.errors import DoesNotFitError
from spanner.restoring import target_room
from support.discs import get_back
from support.sets import MadeSet, make_set
from support.trees import snapshot, write


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = str(tmp_path_factory.mktemp("source") / "S")
    noise = random.Random(7)
    for name in "abcd":
        write(root, f"{name}.wav", noise.randbytes(100_000))
    write(root, "long.wav", noise.randbytes(500_000))
    os.link(f"{root}/a.wav", f"{root}/a.wav too")
    os.symlink("a.wav", f"{root}/link")
    return root


@pytest.fixture(scope="module")
def made(root: str, tmp_path_factory: pytest.TempPathFactory) -> MadeSet:
    return make_set(root, str(tmp_path_factory.mktemp("discs")))


def test_room_is_looked_at_first(
    made: MadeSet, root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As much as is to be written now must fit: not what is there, not what other discs have."""
    room = 899_999
    monkeypatch.setattr(target_room, "room", lambda _: (1, room))
    with pytest.raises(DoesNotFitError, match=r"out has 900 kB free, 900 kB are needed: make room"):
        get_back(made.images, tmp_path / "out")
    assert os.listdir(tmp_path / "out/S") == []
    room = 900_000
    assert get_back(made.images, tmp_path / "out").exit_code == 0
    room = 0
    assert get_back(made.images, tmp_path / "out", overwrite=True).exit_code == 0
    os.unlink(tmp_path / "out/S/b.wav")
    with pytest.raises(DoesNotFitError):
        get_back(made.images, tmp_path / "out")
    room = 100_000
    assert get_back(made.images, tmp_path / "out").restored == ["S/b.wav"]
    assert snapshot(str(tmp_path / "out/S")) == snapshot(root)


def test_parts_that_are_there_need_no_room(
    made: MadeSet, root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = {
        disc.number: item.size for disc in made.plan.discs for item in disc.items if item.parts > 1
    }
    first, *rest = sizes
    get_back([made.images[first - 1]], tmp_path / "out", only=["long.wav"])
    room = sum(sizes[number] for number in rest)
    monkeypatch.setattr(target_room, "room", lambda _: (1, room))
    report = get_back(made.images, tmp_path / "out", only=["long.wav"])
    assert report.restored == ["S/long.wav"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("function", ["pwrite", "fsync", "mkdir", "symlink", "link"])
def test_full_at_any_step(
    made: MadeSet,
    root: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    function: str,
) -> None:
    real: Callable[..., object] = getattr(os, function)
    calls = 0

    def full(*arguments: object, **named: object) -> object:
        nonlocal calls
        calls += 1
        if calls > (2 if function in ("pwrite", "fsync") else 0):
            raise OSError(number, "full")
        return real(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(os, function, full)
        with pytest.raises(
            DoesNotFitError, match="out is full: make room and run the same command"
        ):
            get_back(made.images, tmp_path / "out")
    left = [path.name for path in tmp_path.rglob("*.spanner-partial")]
    assert left in ([], [".long.wav.spanner-partial"])
    assert get_back(made.images, tmp_path / "out").exit_code == 0
    assert snapshot(str(tmp_path / "out/S")) == snapshot(root)
    assert not list(tmp_path.rglob("*.spanner-partial"))


_ON_A_SMALL_DISK = """
import os, subprocess, sys
from spanner.errors import DoesNotFitError
from spanner.restoring import target_room
from support.discs import get_back
from support.trees import snapshot
disk, root, *images = sys.argv[1:]
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], check=True)
with open(disk + "/mine", "wb") as file:
    file.write(bytes(1_700_000))
out = disk + "/out"
try:
    get_back(images, out)
except DoesNotFitError as error:
    assert "are needed" in str(error), error
else:
    raise AssertionError("it cannot fit")
assert os.listdir(out + "/S") == []
room = target_room.room
target_room.room = lambda _: (1, 10**9)
try:
    get_back(images, out)
except DoesNotFitError as error:
    assert str(error) == out + " is full: make room and run the same command again", error
else:
    raise AssertionError("it cannot fit")
target_room.room = room
names = sorted(os.listdir(out + "/S"))
assert names == ["a.wav", "b.wav", "c.wav"], names
for name in names:
    found, wanted = (snapshot(place)[name].content for place in (out + "/S", root))
    assert found == wanted, name
os.unlink(disk + "/mine")
report = get_back(images, out)
assert report.exit_code == 0, report
assert report.already_there == ["S/a.wav", "S/b.wav", "S/c.wav"], report
assert snapshot(out + "/S") == snapshot(root)
"""


def test_a_disk_that_is_really_small(
    made: MadeSet, root: str, tmp_path: Path, program: Callable[[str], str]
) -> None:
    """In a namespace of its own, so that any user can mount it and nothing is left of it."""
    (tmp_path / "disk").mkdir()
    unshare = [program("unshare"), "--mount", "--map-root-user"]
    tests = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    done = subprocess.run(
        [*unshare, sys.executable, "-c", _ON_A_SMALL_DISK, tmp_path / "disk", root, *made.images],
        env={**os.environ, "PYTHONPATH": f"{os.path.dirname(tests)}:{tests}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr

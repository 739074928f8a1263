"""The restore goes on where it stopped: nothing twice, nothing lost, nothing half-named."""

import os
import random
import shutil
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from spanner.reading.discs import ImageDisc
from spanner.restoring.partial_file import PartialFile
from spanner.restoring.restore import restore
from support.discs import flip, get_back, start_slowly
from support.sets import MadeSet, make_set
from support.trees import snapshot, write

PARTIAL = ".spanner-partial"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A session of three files and one that is larger than two discs, which is also a link."""
    root = str(tmp_path_factory.mktemp("source") / "S")
    noise = random.Random(2)
    for name in ("a", "b", "c"):
        write(root, f"{name}.wav", noise.randbytes(90_000))
    first = write(root, "long.wav", noise.randbytes(700_000), 0o600)
    os.link(first, os.path.join(root, "long.wav too"))
    write(root, "S.ptx", b"document")
    os.symlink("a.wav", os.path.join(root, "link"))
    return root


@pytest.fixture(scope="module")
def made(root: str, tmp_path_factory: pytest.TempPathFactory) -> MadeSet:
    made = make_set(root, str(tmp_path_factory.mktemp("discs")))
    assert len(parts(made)) == 3
    return made


def parts(made: MadeSet) -> list[tuple[int, str]]:
    """The discs that the long file lies on, and their images."""
    return [
        (disc.number, image)
        for disc, image in zip(made.plan.discs, made.images, strict=True)
        if any(item.path == "S/long.wav" for item in disc.items)
    ]


def others(made: MadeSet) -> list[str]:
    return [image for image in made.images if image not in dict(parts(made)).values()]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of files that are read from images, as they are read."""
    paths: list[str] = []
    chunks = ImageDisc.chunks

    def recording(self: ImageDisc, path: str, size: int) -> Iterator[memoryview]:
        paths.append(path)
        return chunks(self, path, size)

    monkeypatch.setattr(ImageDisc, "chunks", recording)
    return paths


def partials(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob(f"*{PARTIAL}"))


def test_second_run_reads_and_writes_nothing(
    made: MadeSet, root: str, tmp_path: Path, read: list[str]
) -> None:
    first = get_back(made.images, tmp_path / "out")
    assert len(read) == 7
    read.clear()

    def state() -> dict[str, tuple[int, int]]:
        """What would tell of any write; folders get their times anew."""
        paths = [path for path in (tmp_path / "out").rglob("*") if path.name != "S"]
        return {str(path): (path.lstat().st_ino, path.lstat().st_ctime_ns) for path in paths}

    before = state()
    again = get_back(made.images[::-1], tmp_path / "out")
    assert (again.exit_code, again.restored) == (0, [])
    assert sorted(again.already_there) == sorted(first.restored)
    assert read == []
    assert state() == before
    assert snapshot(str(tmp_path / "out/S")) == snapshot(root)


def test_mode_and_time_of_what_is_there_are_mended(
    made: MadeSet, root: str, tmp_path: Path, read: list[str]
) -> None:
    get_back(made.images, tmp_path / "out")
    read.clear()
    (tmp_path / "out/S/a.wav").chmod(0o777)
    os.utime(tmp_path / "out/S/b.wav", ns=(1, 1))
    os.utime(tmp_path / "out/S", ns=(1, 1))
    (tmp_path / "out/S").chmod(0o500)
    assert get_back(made.images, tmp_path / "out").restored == []
    assert read == []
    assert snapshot(str(tmp_path / "out/S")) == snapshot(root)


def test_only_what_is_missing_is_read(
    made: MadeSet, root: str, tmp_path: Path, read: list[str]
) -> None:
    get_back(made.images, tmp_path / "out")
    read.clear()
    for name in ("b.wav", "long.wav too", "link"):
        os.unlink(tmp_path / "out/S" / name)
    report = get_back(made.images, tmp_path / "out")
    assert sorted(report.restored) == ["S/b.wav", "S/link", "S/long.wav too"]
    assert read == ["data/S/b.wav"]
    assert snapshot(str(tmp_path / "out/S")) == snapshot(root)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_the_parts_of_a_file_one_disc_at_a_time(
    made: MadeSet, root: str, tmp_path: Path, read: list[str], order: tuple[int, int, int]
) -> None:
    """No disc knows the hashes of the others' parts: those are noted beside what was written."""
    out = tmp_path / "out"
    assert get_back(others(made), out, only=["[abS].*"]).exit_code == 0
    all_parts = parts(made)
    for turn, index in enumerate(order):
        read.clear()
        number, image = all_parts[index]
        report = get_back([image], out, only=["long*"])
        assert read == [f"data/S/long.wav.{index + 1:03}"]
        lacking = [all_parts[other][0] for other in sorted(order[turn + 1 :])]
        assert [(disc.number, disc.files) for disc in report.missing] == [
            (other, 2) for other in lacking
        ]
        assert report.exit_code == (7 if lacking else 0)
        assert partials(out) == ([f".long.wav{PARTIAL}"] if lacking else [])
        assert (out / "S/long.wav").exists() is not bool(lacking)
        assert number not in lacking
    assert sorted(report.restored) == ["S/long.wav", "S/long.wav too"]
    assert get_back(made.images, out).exit_code == 0
    assert snapshot(str(out / "S")) == snapshot(root)


def test_a_missing_disc_is_named_then_given_alone(
    made: MadeSet, root: str, tmp_path: Path, read: list[str]
) -> None:
    out = tmp_path / "out"
    number, lost = parts(made)[1]
    report = get_back([image for image in made.images if image != lost], out)
    [missing] = report.missing
    disc = made.plan.discs[number - 1]
    assert (missing.number, missing.volume_id, missing.title) == (
        number,
        disc.volume_id,
        disc.title,
    )
    assert missing.files >= 2
    assert (report.exit_code, report.failed, report.damaged) == (7, [], [])
    assert "S/a.wav" in report.restored
    assert partials(out) == [f".long.wav{PARTIAL}"]
    read.clear()
    report = get_back([lost], out)
    assert (report.exit_code, report.missing, report.kept_newer) == (0, [], [])
    assert "data/S/long.wav.002" in read
    assert not {"data/S/long.wav.001", "data/S/long.wav.003", "data/S/a.wav"} & set(read)
    assert snapshot(str(out / "S")) == snapshot(root)
    assert partials(out) == []


def test_parts_that_were_changed_since_are_written_again(
    made: MadeSet, root: str, tmp_path: Path, read: list[str]
) -> None:
    out = tmp_path / "out"
    images = [image for _, image in parts(made)]
    get_back(images[:2], out, only=["long.wav"])
    flip(str(out / f"S/.long.wav{PARTIAL}"), 5)
    read.clear()
    report = get_back(images[1:], out, only=["long.wav"])
    assert read == ["data/S/long.wav.003"]
    assert [disc.number for disc in report.missing] == [parts(made)[0][0]]
    assert get_back(images[:1], out, only=["long.wav"]).exit_code == 0
    assert snapshot(str(out / "S"))["long.wav"].content == snapshot(root)["long.wav"].content


def test_a_part_that_could_not_be_noted_is_not_taken_as_written(
    made: MadeSet, root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    calls = []
    note = PartialFile.note

    def failing(self: PartialFile, *arguments: Any) -> None:
        calls.append(arguments)
        if len(calls) == 1:
            raise OSError(5, "Input/output error")
        note(self, *arguments)

    monkeypatch.setattr(PartialFile, "note", failing)
    report = get_back(made.images, out, only=["long.wav"])
    assert [remark.reason for remark in report.failed] == ["Input/output error"]
    assert not (out / "S/long.wav").exists()
    assert get_back(made.images, out, only=["long.wav"]).restored == ["S/long.wav"]
    assert snapshot(str(out / "S"))["long.wav"].content == snapshot(root)["long.wav"].content


def test_parts_of_another_set_are_not_taken(tmp_path: Path) -> None:
    """The same name, another session: what lies beside is not its beginning."""
    out = tmp_path / "out"
    noise = random.Random(3)
    sets = []
    for name, size in (("one", 700_000), ("two", 600_000)):
        root = str(tmp_path / name / "S")
        write(root, "long.wav", noise.randbytes(size))
        sets.append((root, make_set(root, str(tmp_path / f"{name} discs"))))
    (_, first), (root, second) = sets
    assert get_back(first.images[:-1], out).exit_code == 7
    assert (out / f"S/.long.wav{PARTIAL}").stat().st_size > 600_000
    assert get_back(second.images[1:], out).exit_code == 7
    report = get_back(second.images[:1], out)
    assert (report.exit_code, report.restored) == (0, ["S/long.wav"])
    assert snapshot(str(out / "S")) == snapshot(root)


def test_what_other_discs_gave_is_not_asked_for_again(
    made: MadeSet, root: str, tmp_path: Path
) -> None:
    """A disc knows only its own files' hashes: of others size and time must be enough."""
    out = tmp_path / "out"
    get_back(made.images, out)
    for image in made.images:
        report = get_back([image], out)
        assert (report.exit_code, report.restored, report.missing) == (0, [], [])
        assert len(report.already_there) == 7
    os.utime(out / "S/c.wav", ns=(1, 1))
    [owner] = [
        (disc.number, image)
        for disc, image in zip(made.plan.discs, made.images, strict=True)
        if any(item.path == "S/c.wav" for item in disc.items)
    ]
    report = get_back([image for image in made.images if image != owner[1]], out)
    assert (report.exit_code, report.kept_newer) == (7, [])
    assert [(disc.number, disc.files) for disc in report.missing] == [(owner[0], 1)]
    assert get_back([owner[1]], out).exit_code == 0
    assert snapshot(str(out / "S")) == snapshot(root)


def test_hashes_of_the_plan_are_used(root: str, tmp_path: Path) -> None:
    """With them any disc can tell a changed file, whatever its time."""
    made = make_set(root, str(tmp_path / "discs"), hashed=True)
    out = tmp_path / "out"
    get_back(made.images, out)
    info = os.stat(out / "S/c.wav")
    flip(str(out / "S/c.wav"), 17)
    os.utime(out / "S/c.wav", ns=(info.st_atime_ns, info.st_mtime_ns))
    for image in made.images:
        report = get_back([image], out)
        assert [remark.path for remark in report.kept_newer] == ["S/c.wav"]
        assert report.missing == []


@pytest.mark.parametrize("name", ["big.wav", "divided.wav"])
def test_killed_in_the_middle_of_a_file(tmp_path: Path, name: str) -> None:
    root = str(tmp_path / "S")
    noise = random.Random(4)
    write(root, "a.wav", b"first")
    write(root, "big.wav", noise.randbytes(30_000_000))
    write(root, "divided.wav", noise.randbytes(60_000_000))
    made = make_set(root, str(tmp_path / "discs"), "custom:45MB", "order")
    out = tmp_path / "out"
    partial = out / f"S/.{name}{PARTIAL}"
    kill_at = 50_000_000 if name == "divided.wav" else 5_000_000
    with start_slowly(made.images, out) as process:
        deadline = time.monotonic() + 30
        while not (partial.exists() and partial.stat().st_size > kill_at):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.005)
        process.kill()
    assert partials(out) == [partial.name]
    assert not (out / "S" / name).exists()
    report = get_back(made.images, out)
    assert report.exit_code == 0
    assert "S/a.wav" in report.already_there
    assert snapshot(str(out / "S")) == snapshot(root)
    assert partials(out) == []


def test_interrupted_it_leaves_only_whole_files(tmp_path: Path) -> None:
    """Ctrl-C in the middle of a file that is not divided."""
    root = str(tmp_path / "S")
    for name in ("a.wav", "b.wav", "c.wav"):
        write(root, name, name.encode())
    made = make_set(root, str(tmp_path / "discs"))

    class Interrupting(nullcontext[None]):
        advanced = 0

        def task(self, *_: object, **__: object) -> "Interrupting":
            return self

        def note(self, _: str) -> None:
            raise AssertionError

        def advance(self, count: int) -> None:
            self.advanced += count
            if self.advanced > len("a.wav"):
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(made.images, str(tmp_path / "out"), Interrupting())
    assert os.listdir(tmp_path / "out/S") == ["a.wav"]
    assert get_back(made.images, tmp_path / "out").already_there == ["S/a.wav"]
    assert snapshot(str(tmp_path / "out/S")) == snapshot(root)


def test_a_left_over_beside_a_whole_file_is_removed(
    made: MadeSet, root: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    images = [image for _, image in parts(made)]
    get_back(images[:2], out, only=["long.wav"])
    shutil.copy2(f"{root}/long.wav", out / "S/long.wav")
    assert partials(out) == [f".long.wav{PARTIAL}"]
    report = get_back(images[2:], out, only=["long.wav"])
    assert (report.exit_code, report.already_there) == (0, ["S/long.wav"])
    assert partials(out) == []

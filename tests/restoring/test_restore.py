"""The restore of whole sets: from any discs, in any order and form, all comes back as it was."""

import os
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from spanner.errors import UsageError
from support.discs import NOBODY, copy_out, edit_rows, get_back, get_back_as_nobody
from support.sets import MadeSet, make_set
from support.trees import Entry, make_odd_tree, snapshot, write


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The odd session, with data for several discs, one file larger than a disc."""
    root = str(tmp_path_factory.mktemp("source") / "Ödd $(x)")
    make_odd_tree(root)
    noise = random.Random(1)
    for number in range(4):
        write(root, f"Audio Files/Long/{number}.wav", noise.randbytes(200_000 + number))
    write(root, "Audio Files/Split.wav", noise.randbytes(1_300_000), 0o640)
    os.link(os.path.join(root, "Audio Files/Split.wav"), os.path.join(root, "Split too.wav"))
    os.utime(os.path.join(root, "Audio Files"), ns=(1, 1_234_567_890_123_456_789))
    os.utime(root, ns=(1, 1_400_000_000_000_000_001))
    return root


@pytest.fixture(scope="module")
def made(tree: str, tmp_path_factory: pytest.TempPathFactory) -> MadeSet:
    return make_set(tree, str(tmp_path_factory.mktemp("discs")), "custom:1300kB")


@pytest.fixture(scope="module")
def original(tree: str) -> dict[str, Entry]:
    return snapshot(tree)


def assert_equal(folder: Path, original: dict[str, Entry]) -> None:
    assert os.listdir(folder) == ["Ödd $(x)"]
    assert snapshot(str(folder / "Ödd $(x)")) == original


@pytest.mark.parametrize("seed", range(4))
def test_images_in_any_order(
    made: MadeSet, original: dict[str, Entry], tmp_path: Path, seed: int
) -> None:
    images = list(made.images)
    assert len(images) >= 5
    assert any(item.parts >= 3 for disc in made.plan.discs for item in disc.items)
    random.Random(seed).shuffle(images)
    report = get_back(images, tmp_path / "new/out")
    assert report.exit_code == 0
    assert [*report.kept_newer, *report.failed, *report.damaged, *report.missing] == []
    assert len(set(report.restored)) == len(report.restored)
    assert len(report.restored) == sum(entry.kind != "folder" for entry in original.values())
    assert_equal(tmp_path / "new/out", original)


def test_folders_as_another_program_extracts_them(
    made: MadeSet,
    original: dict[str, Entry],
    tmp_path: Path,
    program: Callable[[str], str],
) -> None:
    folders = []
    for number, image in enumerate(made.images):
        folders.append(str(tmp_path / f"disc {number}"))
        command = [program("xorriso"), "-osirrox", "on", "-indev", image]
        subprocess.run(
            [*command, "-extract", "/", folders[-1]], check=True, stderr=subprocess.DEVNULL
        )
    report = get_back(folders[::-1], tmp_path / "out")
    assert report.exit_code == 0
    assert_equal(tmp_path / "out", original)


def test_folders_and_images_mixed(
    made: MadeSet, original: dict[str, Entry], tmp_path: Path
) -> None:
    """A folder that is a disc, folders that hold images, an image."""
    (tmp_path / "images").mkdir()
    for number in (1, 3):
        shutil.copy(made.images[number], tmp_path / f"images/{number}.ISO")
    (tmp_path / "images/notes.txt").write_text("no disc")
    rest = [image for number, image in enumerate(made.images) if number not in (0, 1, 3)]
    first = copy_out(made.images[0], tmp_path / "first")
    report = get_back([*rest, str(tmp_path / "images"), first], tmp_path / "out")
    assert report.exit_code == 0
    assert_equal(tmp_path / "out", original)


def test_as_any_user_into_read_only_folders_again(
    made: MadeSet, original: dict[str, Entry], tmp_path: Path
) -> None:
    (tmp_path / "images").mkdir()
    images = [shutil.copy(image, tmp_path / "images") for image in made.images]
    os.chmod(tmp_path / "images", 0o755)
    out = str(tmp_path / "out")
    first = get_back_as_nobody(images, out)
    assert (first["failed"], first["kept_newer"], first["missing"]) == ([], [], [])
    assert_equal(tmp_path / "out", original)
    session = os.path.join(out, "Ödd $(x)")
    os.unlink(f"{session}/read only folder/x.wav")
    os.chmod(f"{session}/Audio Files", 0o300)
    again = get_back_as_nobody(images, out)
    assert (again["failed"], again["kept_newer"]) == ([], [])
    assert again["restored"] == ["Ödd $(x)/read only folder/x.wav"]
    assert_equal(tmp_path / "out", original)
    if os.getuid() == 0:
        assert os.stat(f"{session}/read only.wav").st_uid == NOBODY


def test_as_any_user_into_folders_that_no_one_may_enter(tmp_path: Path) -> None:
    root = str(tmp_path / "S")
    write(root, "shut/inner/a.wav", b"a")
    write(root, "shut/b.wav", b"b", 0o444)
    [image] = make_set(root, str(tmp_path / "discs")).images
    disc = copy_out(image, tmp_path / "disc")
    modes = {"S/shut": "0000", "S/shut/inner": "0500"}
    edit_rows(disc, lambda rows: [row.__setitem__(7, modes.get(row[10], row[7])) for row in rows])
    for names in (["S/shut/b.wav", "S/shut/inner/a.wav"], []):
        report = get_back_as_nobody([disc], str(tmp_path / "out"))
        assert (report["failed"], sorted(report["restored"])) == ([], names)
        assert os.stat(tmp_path / "out/S/shut").st_mode & 0o7777 == 0
    assert sorted(report["already_there"]) == ["S/shut/b.wav", "S/shut/inner/a.wav"]
    os.chmod(tmp_path / "out/S/shut", 0o700)
    assert os.stat(tmp_path / "out/S/shut/inner").st_mode & 0o7777 == 0o500


@pytest.mark.parametrize(
    ("globs", "expected"),
    [
        (["*/old.wav"], {"old.wav"}),
        (["deep.wav"], {"/".join(f"level {n}" for n in range(20)) + "/deep.wav"}),
        (
            ["[cC]ase.wav", "Ödd*/*/Case.WAV"],
            {f"Audio Files/{x}" for x in ("case.wav", "Case.WAV")},
        ),
        (["Long"], {f"Audio Files/Long/{n}.wav" for n in range(4)}),
        (["Ödd $(x)/Audio Files/Long/"], {f"Audio Files/Long/{n}.wav" for n in range(4)}),
        (["empty folder"], set()),
        (["link"], {"link"}),
    ],
)
def test_only_what_matches(
    made: MadeSet, original: dict[str, Entry], tmp_path: Path, globs: list[str], expected: set[str]
) -> None:
    """A folder that matches comes with all in it, a file with the folders above it."""
    report = get_back(made.images, tmp_path / "out", only=globs)
    assert report.exit_code == 0
    assert set(report.restored) == {f"Ödd $(x)/{name}" for name in expected}
    found = snapshot(str(tmp_path / "out/Ödd $(x)"))
    assert {name for name in found if found[name].kind != "folder"} == expected
    assert all(original[name] == entry for name, entry in found.items())
    above = {os.path.dirname(name) for name in found if name != "."}
    assert {name or "." for name in above} <= found.keys()
    assert ("empty folder/in a folder" in found) == (globs == ["empty folder"])


def test_only_asks_for_the_discs_that_it_needs(made: MadeSet, tmp_path: Path) -> None:
    [number] = [
        disc.number
        for disc in made.plan.discs
        if any(item.path.endswith("Long/2.wav") for item in disc.items)
    ]
    image = made.images[number - 1]
    assert get_back([image], tmp_path / "out", only=["*/Long/2.wav"]).exit_code == 0
    others = [each for each in made.images if each != image]
    report = get_back(others, tmp_path / "other", only=["*/Long/2.wav"])
    assert report.exit_code == 7
    assert [(disc.number, disc.files) for disc in report.missing] == [(number, 1)]


def test_nothing_matches(made: MadeSet, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nothing in the set matches \*\.aiff b\\x07"):
        get_back(made.images, tmp_path / "out", only=["*.aiff", "b\a"])
    assert not (tmp_path / "out").exists()


def test_further_names_whose_first_is_not_wanted(tmp_path: Path) -> None:
    root = str(tmp_path / "S")
    first = write(root, "a first.wav", b"the data", 0o751)
    for name in ("b.link", "c.link", "d.other"):
        os.link(first, f"{root}/{name}")
    made = make_set(root, str(tmp_path / "discs"))
    report = get_back(made.images, tmp_path / "out", only=["*.link"])
    assert report.exit_code == 0
    assert sorted(report.restored) == ["S/b.link", "S/c.link"]
    found = snapshot(str(tmp_path / "out/S"))
    assert sorted(found) == [".", "b.link", "c.link"]
    assert {found[name].links for name in ("b.link", "c.link")} == {2}
    assert {(found[n].mode, found[n].content) for n in ("b.link", "c.link")} == {
        (0o751, snapshot(root)["b.link"].content)
    }
    get_back(made.images, tmp_path / "out")
    assert snapshot(str(tmp_path / "out/S")) == snapshot(root)


def test_a_single_file(tmp_path: Path) -> None:
    path = write(str(tmp_path), "alone.wav", b"alone")
    made = make_set(path, str(tmp_path / "discs"))
    assert get_back(made.images, tmp_path / "out").restored == ["alone.wav"]
    assert snapshot(str(tmp_path / "out/alone.wav")) == snapshot(path)


def test_names_that_end_as_unfinished_files_do(tmp_path: Path) -> None:
    root = str(tmp_path / "S")
    names = ("b.wav", ".b.wav.spanner-partial", ".b.wav.1.spanner-partial", "x" * 255)
    for name in names:
        write(root, name, name.encode())
    os.symlink("b.wav", f"{root}/..spanner-partial")
    made = make_set(root, str(tmp_path / "discs"))
    for _ in range(2):
        assert get_back(made.images, tmp_path / "out").exit_code == 0
        assert snapshot(str(tmp_path / "out/S")) == snapshot(root)
    report = get_back(made.images, tmp_path / "out", only=["b.wav"], overwrite=True)
    assert report.already_there == ["S/b.wav"]
    os.unlink(tmp_path / "out/S/b.wav")
    assert get_back(made.images, tmp_path / "out", only=["b.wav"]).restored == ["S/b.wav"]
    assert snapshot(str(tmp_path / "out/S")) == snapshot(root)


def test_where_there_are_no_hard_links_and_no_modes(
    made: MadeSet, original: dict[str, Entry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on FAT."""

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    monkeypatch.setattr(os, "fchmod", refused)
    report = get_back(made.images, tmp_path / "out")
    assert report.exit_code == 0
    found = snapshot(str(tmp_path / "out/Ödd $(x)"))
    assert {name: (entry.content, entry.mtime_ns) for name, entry in found.items()} == {
        name: (entry.content, entry.mtime_ns) for name, entry in original.items()
    }
    assert {entry.links for entry in found.values()} == {1}
    assert get_back(made.images, tmp_path / "out").restored == []


def test_the_target_cannot_be_used(made: MadeSet, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for target in (tmp_path / "file", tmp_path / "file/below"):
        with pytest.raises(UsageError, match=r"cannot use .*file"):
            get_back(made.images, target)
    assert (tmp_path / "file").read_text() == "mine"

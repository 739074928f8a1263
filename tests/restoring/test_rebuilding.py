"""Sets with parity: whatever discs are lost or damaged, if enough are left, all is back."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from itertools import chain, combinations
from pathlib import Path

import bagit
import pytest

from burners import silent
from spanner.reading.verify import verify
from support.discs import copy_out, get_back, place
from support.scratched import scratch
from support.sets import MadeSet, make_set
from support.trees import snapshot, write

FILES, PARITIES = 4, 2


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Files of different lengths, one for each disc, so that images are of different lengths."""
    root = str(tmp_path_factory.mktemp("source") / "S")
    noise = random.Random(3)
    for number in range(FILES):
        write(root, f"{number}.wav", noise.randbytes(350_000 + 40_000 * number))
    return root


@pytest.fixture(scope="module")
def made(root: str, tmp_path_factory: pytest.TempPathFactory) -> MadeSet:
    folder = str(tmp_path_factory.mktemp("discs"))
    made = make_set(root, folder, "custom:2MB", "order", split=False, parities=PARITIES)
    assert [disc.parity for disc in made.plan.discs] == [0] * FILES + [1, 2]
    return made


def lose(made: MadeSet, lost: Sequence[int]) -> list[str]:
    """The images without these (from 0)."""
    return [image for number, image in enumerate(made.images) if number not in lost]


LOSSES = list(chain(*(combinations(range(FILES + PARITIES), n) for n in range(1, PARITIES + 1))))


@pytest.mark.parametrize("lost", LOSSES, ids=str)
def test_any_discs_may_be_lost(
    made: MadeSet, root: str, tmp_path: Path, lost: tuple[int, ...]
) -> None:
    report = get_back(lose(made, lost), tmp_path / "out", repair_to=str(tmp_path / "good"))
    assert report.exit_code == 0
    assert snapshot(str(tmp_path / "out/S")) == snapshot(root)
    data = [made.images[number] for number in lost if number < FILES]
    assert [os.path.basename(each) for each in report.repaired] == [
        os.path.basename(image) for image in data
    ]
    for image, repaired in zip(data, report.repaired, strict=True):
        assert Path(image).read_bytes() == Path(repaired).read_bytes()


@pytest.mark.parametrize("lost", [(0, 1, 2), (0, 3, 4), (1, 4, 5)], ids=str)
def test_one_too_many_is_said_and_the_rest_is_back(
    made: MadeSet, root: str, tmp_path: Path, lost: tuple[int, ...]
) -> None:
    report = get_back(lose(made, lost), tmp_path / "out", repair_to=str(tmp_path / "good"))
    assert report.exit_code == 7
    gone = [number for number in lost if number < FILES]
    assert [disc.number for disc in report.missing] == [number + 1 for number in gone]
    assert [disc.paths for disc in report.missing] == [(f"S/{number}.wav",) for number in gone]
    assert {f"S/{number}.wav" for number in range(FILES) if number not in gone} <= set(
        report.restored
    )
    assert report.repaired == []
    assert os.listdir(tmp_path / "good") == []


def copies(made: MadeSet, folder: Path) -> list[str]:
    folder.mkdir()
    return [shutil.copy(image, folder) for image in made.images]


def test_bad_sectors_at_each_offset_of_as_many_discs_as_there_are_parities(
    made: MadeSet, root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = copies(made, tmp_path / "images")
    rng = random.Random(4)
    bad: dict[str, set[int]] = {image: set() for image in images}
    end = min(place(image, "README.txt") for image in images[:FILES]) // 2048
    for sector in range(300, end):  # some catalog must be readable
        for image in rng.sample(images, PARITIES):
            bad[image].add(sector)
    scratch(monkeypatch, bad)
    report = get_back(images, tmp_path / "out")
    assert report.exit_code == 0
    assert snapshot(str(tmp_path / "out/S")) == snapshot(root)


def test_bad_sectors_at_one_offset_of_one_disc_more(
    made: MadeSet, root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = copies(made, tmp_path / "images")
    sector = place(images[0], "data/S/0.wav") // 2048 + 5
    scratch(monkeypatch, {image: [sector] for image in images[: PARITIES + 1]})
    report = get_back(images, tmp_path / "out")
    assert report.exit_code == 5
    assert {remark.path for remark in report.damaged} <= {f"S/{n}.wav" for n in range(FILES)}
    assert "S/0.wav" in {remark.path for remark in report.damaged}
    assert "S/3.wav" in report.restored


@pytest.mark.parametrize("what", ["flipped byte", "burst", "first sectors", "cut"])
def test_damage_of_two_discs(made: MadeSet, root: str, tmp_path: Path, what: str) -> None:
    images = copies(made, tmp_path / "images")
    for image in (images[1], images[3]):
        at = place(image, f"data/S/{images.index(image)}.wav") + 99_999
        with open(image, "r+b") as file:
            if what == "flipped byte":
                file.seek(at)
                byte = file.read(1)[0]
                file.seek(at)
                file.write(bytes([byte ^ 0x10]))
            elif what == "burst":
                file.seek(at)
                file.write(bytes(150_000))
            elif what == "first sectors":
                file.write(bytes(32 * 2048))
            else:
                file.truncate(at)
    report = get_back(images, tmp_path / "out", repair_to=str(tmp_path / "good"))
    assert report.exit_code == 0
    assert snapshot(str(tmp_path / "out/S")) == snapshot(root)
    assert len(report.repaired) == 2
    for image in report.repaired:
        (original,) = (each for each in made.images if os.path.basename(each) in image)
        assert Path(image).read_bytes() == Path(original).read_bytes()


def test_a_parity_disc_is_a_sound_bag_and_knows_all_hashes(made: MadeSet, tmp_path: Path) -> None:
    folder = copy_out(made.images[FILES], tmp_path / "disc")
    os.makedirs(tmp_path / "disc" / "data", exist_ok=True)
    assert bagit.Bag(folder).is_valid()
    rows = Path(folder, "catalog/files.tsv").read_text().splitlines()[1:]
    hashes = [row.split("\t")[8] for row in rows if row.split("\t")[3] == "file"]
    assert len(hashes) == FILES
    assert all(len(digest) == 64 and int(digest, 16) for digest in hashes)
    assert verify(made.images[FILES], silent).problems == []


@pytest.mark.parametrize("lost", [(0,), (1, 3), (2, 4)], ids=str)
def test_by_hand_with_what_is_on_the_disc(
    made: MadeSet, tmp_path: Path, lost: tuple[int, ...]
) -> None:
    folder = copy_out(made.images[5], tmp_path / "disc")
    script = [sys.executable, "-I", f"{folder}/rebuild.py", "--to", str(tmp_path / "good")]
    done = subprocess.run([*script, *lose(made, lost)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    for number in lost:
        if number < FILES:
            name = os.path.basename(made.images[number])
            original = Path(made.images[number]).read_bytes()
            assert (tmp_path / "good" / name).read_bytes() == original
    left = lose(made, (0, 1, 2))
    done = subprocess.run([*script, *left], capture_output=True, text=True, check=False)
    assert done.returncode == 7
    assert "parity discs: 2" in done.stderr
    done = subprocess.run([*script, *made.images[:2]], capture_output=True, text=True, check=False)
    assert (done.returncode, "no parity disc" in done.stderr) == (2, True)


@pytest.mark.parametrize("seed", range(6))
def test_larger_sets_at_random(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    files, parities = rng.randint(5, 8), rng.randint(1, 3)
    root = str(tmp_path / "S")
    for number in range(files):
        write(root, f"{number}.wav", rng.randbytes(rng.randint(300_000, 420_000)))
    made = make_set(
        root, str(tmp_path / "discs"), "custom:2MB", "order", split=False, parities=parities
    )
    lost = rng.sample(range(len(made.images)), parities)
    left = lose(made, lost)
    rng.shuffle(left)
    assert get_back(left, tmp_path / "out").exit_code == 0
    assert snapshot(str(tmp_path / "out/S")) == snapshot(root)


def test_two_scratched_copies_without_parity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = str(tmp_path / "S")
    write(root, "a.wav", random.Random(5).randbytes(300_000))
    write(root, "b.wav", random.Random(6).randbytes(100_000))
    (image,) = make_set(root, str(tmp_path / "discs"), "custom:2MB").images
    other = str(shutil.copy(image, tmp_path / "other.iso"))
    first = place(image, "data/S/a.wav") // 2048
    scratch(monkeypatch, {image: [first + 3, first + 50], other: [first + 4, first + 51]})
    assert get_back([image], tmp_path / "one").exit_code == 5
    report = get_back([image, other], tmp_path / "out", repair_to=str(tmp_path / "good"))
    assert report.exit_code == 0
    assert snapshot(str(tmp_path / "out/S")) == snapshot(root)
    (repaired,) = report.repaired
    monkeypatch.undo()
    assert Path(repaired).read_bytes() == Path(image).read_bytes()


def test_two_copies_scratched_at_one_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = str(tmp_path / "S")
    write(root, "a.wav", random.Random(5).randbytes(300_000))
    write(root, "b.wav", random.Random(6).randbytes(100_000))
    (image,) = make_set(root, str(tmp_path / "discs"), "custom:2MB").images
    other = str(shutil.copy(image, tmp_path / "other.iso"))
    first = place(image, "data/S/a.wav") // 2048
    scratch(monkeypatch, {image: [first + 3], other: [first + 3, first + 9]})
    report = get_back([image, other], tmp_path / "out", repair_to=str(tmp_path / "good"))
    assert report.exit_code == 5
    assert [remark.path for remark in report.damaged] == ["S/a.wav"]
    assert report.restored == ["S/b.wav"]
    assert report.repaired == []

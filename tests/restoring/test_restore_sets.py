"""Discs of several sets: never are they mixed."""

import os
import random
import shutil
from pathlib import Path

import pytest

from spanner.errors import UsageError
from support.discs import copy_out, edit_text, flip, get_back, place
from support.sets import MadeSet, make_set
from support.trees import snapshot, write

FILES = "catalog/files.tsv"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = str(tmp_path_factory.mktemp("source") / "S")
    noise = random.Random(11)
    for name in "abcdef":
        write(root, f"{name}.wav", noise.randbytes(90_000))
    return root


@pytest.fixture(scope="module")
def made(root: str, tmp_path_factory: pytest.TempPathFactory) -> MadeSet:
    made = make_set(root, str(tmp_path_factory.mktemp("discs")))
    assert len(made.images) >= 2
    return made


@pytest.fixture
def images(made: MadeSet, tmp_path: Path) -> list[str]:
    """Copies of the images, to be damaged."""
    (tmp_path / "images").mkdir()
    return [shutil.copy(image, tmp_path / "images") for image in made.images]


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> MadeSet:
    root = str(tmp_path_factory.mktemp("other") / "Other")
    write(root, "o.wav", b"other")
    return make_set(root, str(tmp_path_factory.mktemp("other discs")), title="Ännother: one")


def test_discs_of_two_sets(made: MadeSet, other: MadeSet, root: str, tmp_path: Path) -> None:
    both = [*made.images, *other.images]
    with pytest.raises(UsageError) as caught:
        get_back(both, tmp_path / "out")
    for each in (made.plan.set, other.plan.set):
        assert f"{each.id[:8]} ({each.title})" in str(caught.value)
    with pytest.raises(UsageError, match="none of the discs is of the set 'x y'"):
        get_back(both, tmp_path / "out", set_words="x y")
    assert not (tmp_path / "out").exists()
    report = get_back(both, tmp_path / "out", set_words="ÄNNOTHER: ONE")
    assert (report.exit_code, report.restored) == (0, ["Other/o.wav"])
    report = get_back(both, tmp_path / "mine", set_words=made.plan.set.id[:9])
    assert report.exit_code == 0
    assert os.listdir(tmp_path / "mine") == ["S"]
    assert snapshot(str(tmp_path / "mine/S")) == snapshot(root)


def test_a_damaged_disc_of_another_set(
    made: MadeSet, root: str, images: list[str], other: MadeSet, tmp_path: Path
) -> None:
    """Its files are not taken for this set's, whatever they are called."""
    stranger = shutil.copy(other.images[0], str(tmp_path / "stranger.iso"))
    changed = shutil.copytree(root, tmp_path / "S")
    for path in changed.glob("*.wav"):
        flip(str(path), 0)
    same_names = make_set(str(changed), str(tmp_path / "discs")).images
    index = 0
    for image in (stranger, same_names[index]):
        flip(image, place(image, FILES) + 30)
    rest = [image for image in images if image != images[index]]
    report = get_back([stranger, same_names[index], *rest], tmp_path / "out")
    assert (report.exit_code, [remark.path for remark in report.damaged]) == (
        5,
        [stranger, same_names[index]],
    )
    assert [disc.number for disc in report.missing] == [index + 1]
    assert "a.wav" not in os.listdir(tmp_path / "out/S")
    assert get_back([images[index]], tmp_path / "out").exit_code == 0
    assert snapshot(str(tmp_path / "out/S"))["a.wav"] == snapshot(root)["a.wav"]


def test_a_damaged_disc_that_says_it_is_one_too_many(
    made: MadeSet, root: str, images: list[str], tmp_path: Path
) -> None:
    disc = copy_out(images[0], tmp_path / "disc")
    info = (
        Path(disc, "bag-info.txt").read_text().replace("Bag-Count: 1 of", "Bag-Count: 98 of 99\n#")
    )
    edit_text(disc, "bag-info.txt", info.encode())
    report = get_back([disc, *images], tmp_path / "out")
    assert [remark.path for remark in report.damaged] == [disc]
    assert snapshot(str(tmp_path / "out/S")) == snapshot(root)

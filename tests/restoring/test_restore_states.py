"""What was archived step by step comes back as it was at each step; what lacks a disc says so."""

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from spanner.errors import UsageError
from support.discs import copy_out, edit_text, flip, get_back, place
from support.states import ANYWHERE, BY_HASH, BY_TIME, FULL, Backups, Changes, kept, placed, without
from support.trees import Entry, snapshot, write

_MODES = {"by time": BY_TIME, "by hash": BY_HASH, "anywhere": ANYWHERE}


@pytest.fixture
def root(tmp_path: Path) -> str:
    root = str(tmp_path / "Song")
    write(root, "Song.ptx", b"session")
    write(root, "Audio Files/a.wav", b"a" * 5000, 0o640)
    write(root, "Audio Files/b.wav", b"b" * 5000)
    write(root, "Audio Files/c.wav", b"c" * 5000)
    os.link(f"{root}/Audio Files/c.wav", f"{root}/c further.wav")
    return root


@pytest.fixture
def backups(tmp_path: Path) -> Backups:
    (tmp_path / "sets").mkdir()
    return Backups(str(tmp_path / "sets"))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("mode", _MODES)
def test_each_state_of_a_folder_comes_back(
    backups: Backups, tmp_path: Path, mode: str, seed: int
) -> None:
    root = str(tmp_path / "Song")
    changes = Changes(root, seed)
    states: list[dict[str, Entry]] = []
    for step in range(4):
        changes.some(12 if step else 25)
        backups.archive(root, how=_MODES[mode])
        states.append(snapshot(root))
    images = backups.images
    random.Random(seed).shuffle(images)
    assert any(made.plan.base_files for made in backups.made)
    for number, (made, state) in enumerate(zip(backups.made, states, strict=True)):
        out = tmp_path / f"out {number}"
        report = get_back(images, out, as_of=made.plan.set.created)
        assert report.exit_code == 0
        assert snapshot(str(out / "Song")) == state
    discs = [copy_out(image, tmp_path / f"disc {n}") for n, image in enumerate(images)]
    script = [sys.executable, f"{discs[0]}/restore.py", "--to", str(tmp_path / "script"), *discs]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert snapshot(str(tmp_path / "script/Song")) == states[-1]


def _three_states(backups: Backups, root: str) -> list[dict[str, Entry]]:
    """A changes, then C is deleted and D is new; B stays what it was."""
    states = []
    backups.archive(root)
    states.append(snapshot(root))
    write(root, "Audio Files/a.wav", b"A" * 5000, mtime_ns=1_700_000_000 * 10**9)
    backups.archive(root)
    states.append(snapshot(root))
    os.unlink(f"{root}/Audio Files/c.wav")
    write(root, "d.wav", b"d" * 5000)
    backups.archive(root)
    states.append(snapshot(root))
    return states


def test_a_chain_leads_to_the_set_that_holds_the_data(
    backups: Backups, root: str, tmp_path: Path
) -> None:
    states = _three_states(backups, root)
    first, second, third = backups.made
    assert placed(second) == ["Song/Audio Files/a.wav", "Song/Song.ptx"]
    assert placed(third) == ["Song/Song.ptx", "Song/d.wav"]
    holders = {file.path: file.set_id for file in third.plan.base_files}
    assert holders == {
        "Song/Audio Files/a.wav": second.plan.set.id,
        "Song/Audio Files/b.wav": first.plan.set.id,
        "Song/c further.wav": first.plan.set.id,
    }
    report = get_back(backups.images, tmp_path / "out")
    assert (report.exit_code, len(report.restored)) == (0, 5)
    assert snapshot(str(tmp_path / "out/Song")) == states[-1]
    with pytest.raises(UsageError, match=r"the oldest set .* is of 20.*, after 2000-01"):
        get_back(backups.images, tmp_path / "old", as_of="2000-01-01")
    assert not (tmp_path / "old").exists()


@pytest.mark.parametrize("index", [0, 1])
def test_a_disc_of_an_earlier_set_is_not_given(
    backups: Backups, root: str, tmp_path: Path, index: int
) -> None:
    states = _three_states(backups, root)
    lacking = backups.made[index]
    (image,) = lacking.images
    out = tmp_path / "out"
    report = get_back(without(backups.images, image), out)
    assert report.exit_code == 7
    (missing,) = report.missing
    known = lacking.plan.set
    (disc,) = lacking.plan.discs
    assert (missing.set, missing.set_id, missing.number) == (known.title, known.id, 1)
    assert (missing.volume_id, missing.title) == (disc.volume_id, disc.title)
    assert missing.files == (2, 1)[index]
    there = snapshot(str(out / "Song"))
    lost = {"Audio Files/b.wav", "c further.wav"} if index == 0 else {"Audio Files/a.wav"}
    assert states[-1].keys() - there.keys() == lost
    assert get_back(backups.images, out).exit_code == 0
    assert snapshot(str(out / "Song")) == states[-1]


def test_a_newer_file_is_not_replaced_by_an_earlier_sets(
    backups: Backups, root: str, tmp_path: Path
) -> None:
    _three_states(backups, root)
    mine = write(str(tmp_path / "out/Song"), "Audio Files/b.wav", b"mine", mtime_ns=2 * 10**18)
    report = get_back(backups.images, tmp_path / "out")
    assert report.exit_code == 7
    assert [remark.path for remark in report.kept_newer] == ["Song/Audio Files/b.wav"]
    assert Path(mine).read_bytes() == b"mine"
    assert get_back(backups.images, tmp_path / "out", overwrite=True).exit_code == 0
    assert Path(mine).read_bytes() == b"b" * 5000


def test_an_earlier_sets_damaged_file_is_not_given_back(
    backups: Backups, root: str, tmp_path: Path
) -> None:
    states = _three_states(backups, root)
    (image,) = backups.made[0].images
    flip(image, place(image, "data/Song/Audio Files/b.wav"))
    report = get_back(backups.images, tmp_path / "out")
    assert report.exit_code == 5
    assert [remark.path for remark in report.damaged] == ["Song/Audio Files/b.wav"]
    there = snapshot(str(tmp_path / "out/Song"))
    assert states[-1].keys() - there.keys() == {"Audio Files/b.wav"}


def test_an_earlier_disc_whose_catalog_is_damaged_still_helps(
    backups: Backups, root: str, tmp_path: Path
) -> None:
    states = _three_states(backups, root)
    (image,) = backups.made[0].images
    flip(image, place(image, "catalog/files.tsv") + 30)
    report = get_back(backups.images, tmp_path / "out")
    assert (report.exit_code, [x.path for x in report.damaged]) == (5, [image])
    assert snapshot(str(tmp_path / "out/Song")) == states[-1]


def _forget_hashes(image: str, folder: Path) -> str:
    """A copy of the disc whose earlier.tsv knows no hash."""
    disc = copy_out(image, folder)
    lines = Path(disc, "catalog/earlier.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines]
    text = "\n".join("\t".join([*row[:9], "-", *row[10:]]) for row in rows[1:])
    edit_text(disc, "catalog/earlier.tsv", f"{lines[0]}\n{text}\n".encode())
    return disc


def test_a_hash_that_only_the_earlier_disc_knows(
    backups: Backups, root: str, tmp_path: Path
) -> None:
    states = _three_states(backups, root)
    newest = _forget_hashes(backups.made[-1].images[0], tmp_path / "newest")
    older = [image for made in backups.made[:2] for image in made.images]
    report = get_back([newest, *older], tmp_path / "out")
    assert report.exit_code == 0
    assert snapshot(str(tmp_path / "out/Song")) == states[-1]
    report = get_back([newest], tmp_path / "one")
    assert (report.exit_code, len(report.missing)) == (7, 2)
    manifest = place(older[0], "manifest-sha256.txt")
    flip(older[0], manifest)
    report = get_back([newest, *older], tmp_path / "two")
    assert report.exit_code == 5
    assert any("its hash is lost" in remark.reason for remark in report.damaged)


def test_what_another_session_holds_comes_back_under_its_own_path(
    backups: Backups, root: str, tmp_path: Path
) -> None:
    backups.archive(root)
    other = str(tmp_path / "Other")
    write(other, "renamed.wav", b"b" * 5000, 0o600, 1_650_000_000 * 10**9)
    write(other, "own.wav", b"own")
    made = backups.archive(other, how=ANYWHERE)
    assert (placed(made), kept(made)) == (["Other/own.wav"], ["Other/renamed.wav"])
    report = get_back(backups.images, tmp_path / "out")
    assert (report.exit_code, sorted(os.listdir(tmp_path / "out"))) == (0, ["Other"])
    assert snapshot(str(tmp_path / "out/Other")) == snapshot(other)
    report = get_back(made.images, tmp_path / "one")
    assert (report.exit_code, [disc.set for disc in report.missing]) == (7, ["Song"])
    report = get_back(backups.images, tmp_path / "song", set_words="Song")
    assert (report.exit_code, sorted(os.listdir(tmp_path / "song"))) == (0, ["Song"])


def test_two_sessions_that_have_nothing_to_do_with_each_other(
    backups: Backups, root: str, tmp_path: Path
) -> None:
    backups.archive(root)
    write(str(tmp_path / "Other"), "own.wav", b"own")
    backups.archive(str(tmp_path / "Other"))
    with pytest.raises(UsageError, match="of several sets, say which with --set"):
        get_back(backups.images, tmp_path / "out")


def test_a_set_on_several_discs_keeps_divided_files(backups: Backups, tmp_path: Path) -> None:
    root = str(tmp_path / "Song")
    film = random.Random(1).randbytes(1_500_000)
    write(root, "film.mov", film)
    first = backups.archive(root)
    assert len(first.images) > 1
    write(root, "new.wav", b"new")
    for how in _MODES.values():
        assert kept(backups.archive(root, how=how)) == ["Song/film.mov"]
        write(root, "new.wav", os.urandom(9), mtime_ns=10**18 + len(backups.made))
    out = tmp_path / "out"
    assert get_back(backups.images, out).exit_code == 0
    assert (out / "Song/film.mov").read_bytes() == film
    report = get_back(without(backups.images, first.images[1]), tmp_path / "less")
    assert report.exit_code == 7
    assert [(x.number, x.files) for x in report.missing] == [(2, 1)]
    assert not (tmp_path / "less/Song/film.mov").exists()


def test_of_two_full_sets_the_newest_is_restored(
    backups: Backups, root: str, tmp_path: Path
) -> None:
    first = backups.archive(root, how=FULL)
    before = snapshot(root)
    os.unlink(f"{root}/Audio Files/b.wav")
    time.sleep(1.1)  # sets have seconds
    backups.archive(root, how=FULL)
    assert get_back(backups.images, tmp_path / "out").exit_code == 0
    assert snapshot(str(tmp_path / "out/Song")) == snapshot(root)
    report = get_back(backups.images, tmp_path / "old", as_of=first.plan.set.created)
    assert report.exit_code == 0
    assert snapshot(str(tmp_path / "old/Song")) == before


def test_parity_of_an_earlier_set_makes_up_for_its_lost_disc(
    tmp_path: Path, root: str, backups: Backups
) -> None:
    backups.parities, backups.media = 1, "custom:2MB"
    write(root, "x.wav", random.Random(1).randbytes(700_000))
    write(root, "y.wav", random.Random(2).randbytes(700_000))
    first = backups.archive(root)
    *data, parity = first.images
    assert [disc.parity for disc in first.plan.discs] == [0] * len(data) + [1]
    write(root, "new.wav", b"new")
    backups.archive(root)
    for lost in data:
        out = tmp_path / os.path.basename(lost)
        assert get_back(without(backups.images, lost), out).exit_code == 0
        assert snapshot(str(out / "Song")) == snapshot(root)
    report = get_back(without(without(backups.images, data[0]), parity), tmp_path / "out")
    assert (report.exit_code, [disc.number for disc in report.missing]) == (7, [1])
    assert report.missing[0].set_id == first.plan.set.id


def test_discs_of_two_sets_by_one_name_are_no_copies_of_each_other(
    tmp_path: Path, root: str, backups: Backups
) -> None:
    """Their volume IDs and sizes are equal; one has a hole that the other cannot fill."""
    backups.archive(root)
    for name in "ab":
        write(root, f"Audio Files/{name}.wav", name.upper().encode() * 5000, mtime_ns=10**18)
    backups.archive(root)
    older, newer = backups.images
    assert os.path.getsize(older) == os.path.getsize(newer)
    shutil.copy(newer, tmp_path / "copy.iso")
    flip(newer, place(newer, "data/Song/Audio Files/a.wav"))
    report = get_back([older, newer, str(tmp_path / "copy.iso")], tmp_path / "out")
    assert (report.exit_code, report.missing) == (0, [])
    assert snapshot(str(tmp_path / "out/Song")) == snapshot(root)
    report = get_back([older, newer], tmp_path / "two")
    assert [remark.path for remark in report.damaged] == ["Song/Audio Files/a.wav"]

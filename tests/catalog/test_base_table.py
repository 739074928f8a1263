"""earlier.tsv: what base sets hold, written and read back; on the discs and in README.txt."""

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from burners import silent
from spanner.catalog.base_table import lines, parse
from spanner.catalog.reader import read_catalog
from spanner.errors import DamagedImageError, UsageError
from spanner.model.base_set import BaseFile, BasePart
from spanner.planning.plan_file import decode, encode
from spanner.reading.discs import FolderDisc
from spanner.reading.verify import verify
from support.discs import copy_out, edit_text, get_back
from support.states import Backups
from support.trees import snapshot, write

EARLIER = "catalog/earlier.tsv"
texts = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\t\n\\\udcff-"))
paths = texts.filter(lambda text: text not in ("", "-"))
hashes = st.sampled_from(["", "a" * 64, "b" * 64])


@given(st.lists(st.tuples(paths, paths, hashes), unique_by=lambda x: x[0]))
def test_all_comes_back(names: list[tuple[str, str, str]]) -> None:
    files = [
        BaseFile(
            path=path,
            size=3,
            mtime_ns=5,
            mode=0o640,
            set_id="set",
            parts=(BasePart(disc=2, part=1, offset=0, size=3, place="data/x", sha256=sha256),),
            links=(link,),
        )
        for path, link, sha256 in names
        if link != path
    ]
    rows = list(parse("".join(lines(files)).splitlines(keepends=True)))
    assert [(row.kind, row.original, row.target) for _, row in rows] == [
        each
        for file in files
        for each in (("file", file.path, ""), ("hardlink", file.links[0], file.path))
    ]
    for (set_id, row), file in zip(rows[::2], files, strict=True):
        assert set_id == "set"
        assert (row.disc, row.part, row.parts, row.size) == (2, 1, 1, 3)
        assert (row.mtime_ns, row.mode, row.path) == (5, 0o640, "data/x")
        assert row.sha256 == file.parts[0].sha256


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1"),
        ("set\tdisc\n", "line 1"),
        ("{header}set\t1\t1\n", "line 2: 2 fields"),
        ("{header}set\t-\t-\t-\tdir\t-\t-\t2001-02-03T04:05:06.000000000Z\t0755\t-\tx\ty\t-\n",
         "line 2: a dir without a disc"),
    ],
)  # fmt: skip
def test_lines_that_are_none(text: str, problem: str) -> None:
    (header,) = lines([])
    with pytest.raises(ValueError, match=problem):
        list(parse(text.format(header=header).splitlines(keepends=True)))


@pytest.fixture
def root(tmp_path: Path) -> str:
    root = str(tmp_path / "Song")
    for name in ("Song.ptx", "a.wav", "b.wav"):
        write(root, name, name.encode())
    return root


@pytest.fixture
def backups(tmp_path: Path, root: str) -> Backups:
    """Two sets: the second has b.wav anew and leaves a.wav to the first."""
    (tmp_path / "sets").mkdir()
    backups = Backups(str(tmp_path / "sets"))
    backups.archive(root)
    write(root, "b.wav", b"b", mtime_ns=10**18)
    backups.archive(root)
    return backups


@pytest.fixture
def discs(backups: Backups, tmp_path: Path) -> list[str]:
    return [copy_out(image, tmp_path / f"disc {n}") for n, image in enumerate(backups.images)]


def test_a_disc_says_what_is_on_those_of_earlier_sets(backups: Backups, discs: list[str]) -> None:
    first = backups.made[0].plan
    catalog = read_catalog(FolderDisc(discs[1]).read, "disc")
    assert [(set_id, row.original) for set_id, row in catalog.base_rows()] == [
        (first.set.id, "Song/a.wav")
    ]
    readme = Path(discs[1], "README.txt").read_text("utf-8")
    assert readme.index(f"set {first.set.id}, Song") < readme.index("SONG_01OF01", 900)
    page = Path(discs[1], "index.html").read_text("utf-8")
    assert f"<td>{first.set.created[:10]}: SONG_01OF01<td>Song/a.wav<td>5 B" in page
    assert verify(backups.images[1], silent).problems == []
    assert EARLIER in Path(discs[1], "tagmanifest-sha256.txt").read_text("utf-8")
    assert not os.path.exists(f"{discs[0]}/{EARLIER}")
    assert "earlier" not in Path(discs[0], "README.txt").read_text("utf-8")


def script(discs: list[str], out: Path) -> "subprocess.CompletedProcess[str]":
    arguments = [sys.executable, f"{discs[-1]}/restore.py", "--to", str(out), *discs]
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


def test_the_restorer_on_the_disc_takes_the_newest_set(
    backups: Backups, discs: list[str], root: str, tmp_path: Path
) -> None:
    assert script(discs[::-1], tmp_path / "out").returncode == 0
    assert snapshot(str(tmp_path / "out/Song")) == snapshot(root)
    alone = script(discs[1:], tmp_path / "alone")
    day = backups.made[0].plan.set.created[:10]
    missing = f'missing: disc 1 of 1, SONG_01OF01, "Song", {day}: 1 files\n'
    assert (alone.returncode, alone.stderr) == (7, missing)
    assert not (tmp_path / "alone/Song/a.wav").exists()
    old = script(discs[:1], tmp_path / "old")
    assert old.returncode == 0
    assert (tmp_path / "old/Song/b.wav").read_bytes() == b"b.wav"


def test_the_restorer_on_the_disc_refuses_sets_of_other_sessions(
    backups: Backups, discs: list[str], tmp_path: Path
) -> None:
    write(str(tmp_path / "Other"), "o.wav", b"other")
    (image,) = backups.archive(str(tmp_path / "Other")).images
    other = copy_out(image, tmp_path / "other disc")
    done = script([other, *discs], tmp_path / "out")
    assert (done.returncode, "different sets" in done.stderr) == (2, True)


@pytest.mark.parametrize("harm", ["changed", "gone"])
def test_a_damaged_table_is_not_believed(discs: list[str], tmp_path: Path, harm: str) -> None:
    path = Path(discs[1], EARLIER)
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes().replace(b"0644", b"0666"))
    with pytest.raises(DamagedImageError, match=r"earlier\.tsv"):
        read_catalog(FolderDisc(discs[1]).read, "disc")
    done = script(discs[1:], tmp_path / "out")
    assert done.returncode == 5
    assert "earlier.tsv is damaged" in done.stderr


def test_a_table_that_leads_elsewhere_is_refused(discs: list[str], tmp_path: Path) -> None:
    text = Path(discs[1], EARLIER).read_bytes()
    for old, new in ((b"Song/a.wav\t-", b"../a.wav\t-"), (b"data/Song/a", b"../Song/a")):
        edit_text(discs[1], EARLIER, text.replace(old, new))
        report = get_back(discs, tmp_path / "out")
        assert report.exit_code == 7
        assert "a.wav" in report.failed[0].path
    edit_text(discs[1], EARLIER, text.replace(text.split(b"\n")[1][:36], b"another set"))
    report = get_back(discs, tmp_path / "out")
    assert [remark.path for remark in report.failed] == ["Song/a.wav"]
    assert not (tmp_path / "a.wav").exists()


def test_a_set_that_cannot_be_is_not_believed(discs: list[str]) -> None:
    known = json.loads(Path(discs[1], "catalog/set.json").read_text("utf-8"))
    for change in ({"number": 2}, {"volume_id": "a\tb"}):
        disc = {**known["earlier"][0]["discs"][0], **change}
        bad = {**known, "earlier": [{**known["earlier"][0], "discs": [disc]}]}
        edit_text(discs[1], "catalog/set.json", json.dumps(bad).encode())
        with pytest.raises(DamagedImageError, match="do not say the same"):
            read_catalog(FolderDisc(discs[1]).read, "disc")


def test_plans_that_cannot_be_are_refused(backups: Backups) -> None:
    plan = backups.made[1].plan
    assert decode(encode(plan)) == plan
    (file,) = plan.base_files
    (part,) = file.parts
    replace = msgspec.structs.replace
    for bad in (
        replace(file, path="../a"),
        replace(file, links=("Other/a",)),
        replace(file, mode=-1),
        replace(file, size=6),
        replace(file, parts=()),
        replace(file, set_id="none"),
        replace(file, parts=(replace(part, disc=2),)),
        replace(file, parts=(replace(part, part=2),)),
        replace(file, parts=(replace(part, offset=1),)),
        replace(file, parts=(replace(part, place="x"),)),
        replace(file, parts=(replace(part, sha256="a"),)),
    ):
        with pytest.raises(UsageError, match="this plan cannot be"):
            decode(encode(replace(plan, base_files=(bad,))))
    known = plan.compared_sets[0]
    for compared in (replace(known, created="now"), replace(known, id="\n")):
        with pytest.raises(UsageError, match="this plan cannot be"):
            decode(encode(replace(plan, compared_sets=(compared,))))

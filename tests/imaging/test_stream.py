"""The image as a stream: each source byte read once and in order, the same bytes every time."""

import hashlib
import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from spanner.errors import SourceError
from spanner.imaging.stream import ImageStream
from spanner.model.plan import Plan
from spanner.planning.plan_file import save
from support.images import image_of, layout_of, plan_for
from support.trees import write

STREAM = """
import hashlib, re, sys
from spanner.catalog.bag import texts
from spanner.imaging.layout import lay_out
from spanner.imaging.stream import ImageStream
from spanner.planning.plan_file import load
plan = load(sys.argv[1])
for disc in plan.discs:
    stream = ImageStream(lay_out(plan, disc, texts(plan, disc)))
    whole = hashlib.sha256()
    for block in stream.blocks():
        whole.update(block)
    print(whole.hexdigest())
print(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
"""


def in_another_process(plan: Plan, folder: Path, **environment: str) -> tuple[list[str], int]:
    """The images' hashes, and the most memory that was resident, in kB."""
    path = str(folder / "plan.json")
    save(plan, path)
    done = subprocess.run(
        [sys.executable, "-c", STREAM, path],
        check=True,
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, **environment},
    )
    *hashes, peak = done.stdout.split()
    return hashes, int(peak)


def stream_of(plan: Plan) -> ImageStream:
    return ImageStream(layout_of(plan, plan.discs[0]))


# What is read


def test_each_byte_is_read_once_and_in_order(session: str, monkeypatch: pytest.MonkeyPatch) -> None:
    os.link(f"{session}/m.wav", f"{session}/further.wav")
    plan = plan_for(session, "custom:20MB")
    reads: list[tuple[str, int, int]] = []
    real = os.preadv

    def preadv(fd: int, buffers: Sequence[memoryview], offset: int) -> int:
        count = real(fd, buffers, offset)
        reads.append((os.path.basename(os.readlink(f"/proc/self/fd/{fd}")), offset, count))
        return count

    stream = stream_of(plan)
    monkeypatch.setattr(os, "preadv", preadv)
    for _ in stream.blocks():
        pass
    sizes = {os.path.basename(item.path): item.size for item in plan.discs[0].items}
    assert [name for name, _ in itertools.groupby(name for name, _, _ in reads)] == list(sizes)
    for name, size in sizes.items():
        end = 0
        for _, offset, count in (read for read in reads if read[0] == name):
            assert offset == end
            end += count
        assert end == size


def test_the_image_is_whole_and_so_are_its_hashes(session: str) -> None:
    plan = plan_for(session, "custom:20MB")
    stream = stream_of(plan)
    data = b"".join(bytes(block) for block in stream.blocks())
    assert len(data) == stream.sectors * 2048 == plan.discs[0].image_sectors * 2048
    image = image_of(plan, plan.discs[0])
    assert image.data == data
    assert stream.digests.files.keys() == image.paths
    for path, digest in stream.digests.files.items():
        assert hashlib.sha256(image.file(path)).hexdigest() == digest


def test_it_says_where_what_lies(session: str) -> None:
    plan = plan_for(session, "custom:20MB")
    stream, image = stream_of(plan), image_of(plan, plan.discs[0])
    end = 0
    paths = []
    for first, count, what in stream.contents():
        assert first <= end or first == stream.sectors - 1  # zeros come before the last
        if what in image.paths:
            paths.append(what)
            data = image.file(what)
            assert image.data[first * 2048 :][: len(data)] == data
            assert count == -(-len(data) // 2048)
        else:
            assert what == "the disc's structure"
        end = first + count
    assert end == stream.sectors
    assert sorted(paths) == sorted(image.paths)


def test_it_can_be_written_again_for_a_second_copy(session: str) -> None:
    stream = stream_of(plan_for(session, "custom:20MB"))
    first = b"".join(bytes(block) for block in stream.blocks())
    digests = stream.digests
    assert b"".join(bytes(block) for block in stream.blocks()) == first
    assert stream.digests == digests


def test_parts_make_the_file(tmp_path: Path) -> None:
    data = os.urandom(700_000)
    write(str(tmp_path / "S"), "large.wav", data)
    plan = plan_for(str(tmp_path / "S"))
    parts = [image_of(plan, disc) for disc in plan.discs]
    assert len(parts) > 2
    names = [f"data/S/large.wav.{number:03}" for number in range(1, len(parts) + 1)]
    assert b"".join(map(lambda image, name: image.file(name), parts, names)) == data


def test_a_short_read_is_no_short_file(session: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_for(session, "custom:20MB")
    whole = image_of(plan, plan.discs[0]).sha256
    real = os.preadv
    monkeypatch.setattr(os, "preadv", lambda fd, bufs, at: real(fd, [bufs[0][:99_991]], at))
    assert image_of(plan, plan.discs[0]).sha256 == whole


@pytest.mark.slow
def test_memory_does_not_grow_with_the_data(tmp_path: Path) -> None:
    peaks = []
    for size in (1000, 3_000_000_000):
        os.truncate(write(str(tmp_path / "S"), "sparse.wav"), size)
        plan = plan_for(str(tmp_path / "S"), "custom:4GB")
        peaks.append(in_another_process(plan, tmp_path)[1])
    assert peaks[1] < peaks[0] + 10_000
    assert peaks[1] < 150_000


# The same bytes, whenever and wherever


def test_the_same_bytes_at_another_time_in_another_place(odd_tree: str, tmp_path: Path) -> None:
    plan = plan_for(odd_tree)
    expected = [image_of(plan, disc).sha256 for disc in plan.discs]
    for zone, seed, locale in (("Asia/Kathmandu", "1", "C"), ("EST5EDT", "2", "C.UTF-8")):
        variables = {"TZ": zone, "PYTHONHASHSEED": seed, "LC_ALL": locale}
        assert in_another_process(plan, tmp_path, **variables)[0] == expected


def test_the_same_bytes_in_another_year(
    odd_tree: str, tmp_path: Path, program: Callable[[str], str]
) -> None:
    libraries = list(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    library = str(libraries[0]) if libraries else program("libfaketime")
    plan = plan_for(odd_tree)
    expected = [image_of(plan, disc).sha256 for disc in plan.discs]
    for moment in ("@2031-02-28 23:59:59", "@1999-12-31 23:59:58"):
        fake = {"LD_PRELOAD": library, "FAKETIME": moment, "NO_FAKE_STAT": "1"}
        assert in_another_process(plan, tmp_path, **fake)[0] == expected


# Who takes the blocks


def threads() -> set[threading.Thread]:
    return set(threading.enumerate())


def generator(plan: Plan) -> Any:
    return stream_of(plan).blocks()


@pytest.mark.parametrize("taken", [0, 1, 5])
def test_the_reader_ends_when_nobody_takes_the_blocks(session: str, taken: int) -> None:
    before = threads()
    blocks = generator(plan_for(session, "custom:20MB"))
    for _ in range(taken):
        next(blocks)
    assert len(threads() - before) == min(taken, 1)
    blocks.close()
    assert threads() == before


def test_the_reader_ends_after_an_error(session: str) -> None:
    before = threads()
    plan = plan_for(session, "custom:20MB")
    os.unlink(f"{session}/m.wav")
    with pytest.raises(SourceError):
        list(stream_of(plan).blocks())
    assert threads() == before


def test_no_file_stays_open(session: str) -> None:
    before = os.listdir("/proc/self/fd")
    blocks = generator(plan_for(session, "custom:20MB"))
    next(blocks)
    blocks.close()
    assert os.listdir("/proc/self/fd") == before

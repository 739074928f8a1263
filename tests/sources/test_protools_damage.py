"""Damaged Pro Tools sessions: an error that says where, or a session; nothing else, and soon."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanner.model.session import Session, SessionError
from spanner.sources.formats.protools import read
from support.protools_files import (
    AUDIO,
    NO_PARENT,
    OTHER,
    TREE,
    VERSION,
    VIDEO,
    VOLUMES,
    Description,
    Node,
    ProToolsFile,
    Volume,
    Writing,
    obscure,
)
from support.work import lines, within

KICK = ProToolsFile("HD", ("Users", "Song"), "Kick.wav")
SMALL = Description(
    volumes=(Volume("HD", b"abcd", "/"),),
    audio=(KICK, ProToolsFile("HD", ("Users", "Song"), "Ü.wav")),
    video=(ProToolsFile("HD", (), "Film.mov"),),
    second=True,
    shuffle=3,
)
OLD = replace(
    SMALL,
    writing=Writing(scheme=1, big=True, seed=0x73, encoding="mac_roman"),
    list_volumes=False,
    old=True,
    second=False,
)
WRITE = SMALL.writing


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "Song.ptx")


def outcome(path: str, content: bytes) -> Session | None:
    """The session, or None if it was refused as it should be: with the path and the place."""
    with open(path, "wb") as file:
        file.write(content)
    message = ""
    try:
        return read(path)
    except SessionError as error:
        message = str(error)
    assert path in message
    assert not content or "0x" in message or "no Pro Tools session" in message
    return None


def refused(path: str, content: bytes) -> str:
    with open(path, "wb") as file:
        file.write(content)
    with pytest.raises(SessionError) as caught:
        read(path)
    return str(caught.value)


def put(content_type: int, payload: bytes) -> bytes:
    """The small session with another payload in one of its blocks."""
    mark = WRITE.number(content_type, 2)
    return WRITE.seal(
        WRITE.block(content_type, payload) if block[7:9] == mark else block
        for block in SMALL.blocks()
    )


def listed(nodes: Sequence[Node], *described: int, count: int | None = None) -> bytes:
    """The small session with this tree in its list of audio files."""
    parts = [WRITE.audio_file(node, KICK) for node in described]
    payload = WRITE.listing(nodes, parts)
    return put(AUDIO, payload if count is None else WRITE.u32(count) + payload[4:])


@pytest.mark.parametrize("description", [SMALL, OLD], ids=["ptx", "pts"])
def test_cut_anywhere(path: str, description: Description) -> None:
    content = description.file()
    assert outcome(path, content)
    for length in range(len(content)):
        assert outcome(path, content[:length]) is None, length


@pytest.mark.parametrize("description", [SMALL, OLD], ids=["ptx", "pts"])
@pytest.mark.parametrize("flip", [0x01, 0x80, 0xFF])
def test_each_byte_flipped(path: str, description: Description, flip: int) -> None:
    content = description.file()
    for at in range(len(content)):
        flipped = content[:at] + bytes((content[at] ^ flip,)) + content[at + 1 :]
        within(3_000, partial(outcome, path, flipped))


@given(st.data())
def test_several_bytes_changed(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(data.draw(st.sampled_from([SMALL, OLD])).file())
    places = st.integers(0x11, len(content) - 1)
    for at, byte in data.draw(st.dictionaries(places, st.integers(0, 255), max_size=6)).items():
        content[at] = byte
    outcome(str(tmp_path_factory.getbasetemp() / "Song.ptx"), bytes(content))


@given(st.binary(max_size=400), st.sampled_from([1, 5]), st.booleans(), st.integers(0, 255))
def test_anything_after_the_header(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, scheme: int, big: bool, seed: int
) -> None:
    content = Writing(scheme, big, seed).header() + obscure(body, scheme, seed)
    assert outcome(str(tmp_path_factory.getbasetemp() / "Song.ptx"), content) is None


@given(st.sampled_from([AUDIO, OTHER, VERSION, VIDEO, VOLUMES]), st.binary(max_size=100))
def test_anything_in_a_known_block(
    tmp_path_factory: pytest.TempPathFactory, content_type: int, payload: bytes
) -> None:
    outcome(str(tmp_path_factory.getbasetemp() / "Song.ptx"), put(content_type, payload))


def test_the_error_tells_path_offset_and_block(path: str) -> None:
    content = listed((Node(0, NO_PARENT, b"HD"), Node(7, 0, b"x")))
    message = refused(path, content)
    assert message.startswith(f"{path} is damaged or of an unknown kind: at 0x")
    assert "in block 0x103a: a node has the kind 7" in message


HD = Node(0, NO_PARENT, b"HD", b"abcd")


@pytest.mark.parametrize(
    ("nodes", "described", "what"),
    [
        ([HD, Node(2, 2, b"x"), Node(1, 3, b"a"), Node(1, 2, b"b")], [1], "lies in itself"),
        ([HD, Node(1, 1, b"a")], [], "node 1 lies in itself"),
        ([HD, Node(2, 0, b"x"), Node(2, 1, b"y")], [1, 2], "node 2 lies in node 1"),
        ([HD, Node(2, 2, b"x")], [1], "node 1 lies in node 2"),
        ([HD, Node(2, NO_PARENT - 1, b"x")], [1], "lies in node 4294967294"),
        ([HD, Node(0, 0, b"HD")], [], "a volume lies in another node"),
        ([HD, Node(2, 0, b"")], [1], "no name"),
        ([HD, Node(1, 0, b"..")], [], "no name"),
        ([HD, Node(2, 0, b"a\0b")], [1], "NUL"),
        ([HD, Node(2, 0, b"x")], [], "no block begins here"),
        ([HD, Node(2, 0, b"x")], [0], "describes node 0 instead of 1"),
        ([HD, Node(2, 0, b"x"), Node(2, 0, b"y")], [2, 1], "describes node 2 instead of 1"),
    ],
)
def test_trees_that_cannot_be(
    path: str, nodes: list[Node], described: list[int], what: str
) -> None:
    assert what in refused(path, listed(nodes, *described))


def test_counts_that_cannot_be(path: str) -> None:
    most = WRITE.u32(2**32 - 1)
    file = Node(2, 0, b"x")
    assert "should be 4294967295 files" in refused(path, listed([HD, file], 1, count=2**32 - 1))
    assert "should be 0 files" in refused(path, listed([HD, file], 1, count=0))
    tree = WRITE.block(TREE, most)
    assert "4294967295 entries" in refused(path, put(AUDIO, most + tree))
    assert "4294967295 entries" in refused(path, put(VOLUMES, most + bytes(50)))
    assert "4294967295 entries" in refused(path, put(VERSION, b"\1" + WRITE.raw(b"P") + most))
    assert "4294967295 bytes" in refused(path, put(VERSION, b"\1" + most + b"Pro Tools"))
    node = b"\0" + most + most + b"HD" + bytes(20)
    assert "4294967295 bytes" in refused(
        path, put(AUDIO, bytes(4) + WRITE.block(TREE, WRITE.u32(1) + node))
    )
    assert "4294967294 bytes of a block" in refused(
        path, put(AUDIO, bytes(4) + b"Z\1\0" + WRITE.u32(2**32 - 2) + bytes(40))
    )


def test_what_follows_the_nodes(path: str) -> None:
    tree = WRITE.block(TREE, bytes(4) + b"more")
    assert "4 bytes follow the tree's 0 nodes" in refused(path, put(VIDEO, bytes(4) + tree))


def test_blocks_twice_or_not_at_all(path: str) -> None:
    blocks = SMALL.blocks()
    for number, block in enumerate(blocks):
        assert "second block of its type" in refused(path, WRITE.seal([*blocks, block]))
        content_type = int.from_bytes(block[7:9], "little")
        without = WRITE.seal(blocks[:number] + blocks[number + 1 :])
        if content_type in {OTHER, VOLUMES}:
            assert outcome(path, without)
        else:
            assert f"block {content_type:#06x}: there is no block" in refused(path, without)


def test_gaps_and_a_wrong_index(path: str) -> None:
    blocks = SMALL.blocks()
    assert "no block begins here" in refused(path, WRITE.seal([blocks[0], b"\0", *blocks[1:]]))
    content = SMALL.file()
    body = obscure(content[20:], 5, 0x3C)
    other = WRITE.header() + obscure(body[:7] + WRITE.u32(0x1F) + body[11:], 5, 0x3C)
    assert "does not end with the index" in refused(path, other)
    more = WRITE.header() + obscure(body + WRITE.block(0x9999), 5, 0x3C)
    assert "does not end with the index" in refused(path, more)
    only = b"Z\1\0" + WRITE.u32(4) + WRITE.u32(20 + 11)
    assert "does not end with the index" in refused(path, WRITE.header() + obscure(only, 5, 0x3C))
    small = b"Z\1\0" + WRITE.u32(1) + b"\0"
    assert "at 0x14: the first block" in refused(path, WRITE.header() + obscure(small, 5, 0x3C))
    assert "too small for its content type" in refused(path, WRITE.seal([small]))


def test_a_deep_tree(path: str) -> None:
    """Every directory holds a file: all paths together would take much more than the file."""
    nodes = [HD]
    for _ in range(2000):
        nodes += [Node(1, max(len(nodes) - 2, 0), b"d"), Node(2, len(nodes), b"f")]
    files = range(2, len(nodes), 2)
    content = listed(nodes, *files)

    def read() -> None:
        assert "longer than those of any session" in refused(path, content)

    assert lines(read) < 150 * len(nodes)


def test_a_deep_tree_with_one_file(path: str) -> None:
    nodes = [Node(2, 1, b"f")]
    nodes += [Node(1, number + 1, b"d") for number in range(1, 5000)]
    nodes.append(HD)
    found = outcome(path, listed(nodes, 0))
    assert found
    assert len(found.media[0].directory) == 4999


def test_a_long_name_above_many_files(path: str) -> None:
    nodes = [HD, Node(1, 0, b"d" * 100_000)]
    nodes += [Node(2, 1, b"f")] * 1000
    assert "longer than those of any session" in refused(path, listed(nodes, *range(2, 1002)))


def test_many_volumes_of_one_id(path: str) -> None:
    volumes = tuple(Volume(f"V{number}", b"abcd", f"/{number}") for number in range(1000))
    media = tuple(ProToolsFile(volume.name, (), "x.wav") for volume in volumes)
    content = replace(SMALL, volumes=volumes, audio=media, video=()).file()
    found = outcome(path, content)
    assert found
    assert [each.volume for each in found.media] == [volume.mount for volume in volumes]
    assert lines(lambda: read(path)) < 500 * len(volumes)


def test_a_session_as_large_as_they_get(path: str) -> None:
    """220 files in 600 kB: what is not understood is passed over."""
    media = tuple(replace(KICK, name=f"Audio {number}_01.wav") for number in range(220))
    extra = (WRITE.block(0x9999, b"Z" * 90_000),)
    content = replace(SMALL, audio=media, extra=extra).file()
    assert 500_000 < len(content) < 700_000
    found = outcome(path, content)
    assert found
    assert lines(lambda: read(path)) < 60_000
    assert len(found.media) == 221

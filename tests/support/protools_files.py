"""Writes session files of Pro Tools from a description; shares nothing with what reads them."""

import random
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

NO_PARENT = 0xFFFFFFFF
VERSION, SESSION, AUDIO, VIDEO, OTHER = 0x0003, 0x1028, 0x1004, 0x1006, 0x2096
VOLUMES, VOLUME, TREE, INDEX = 0x0F3D, 0x0F3C, 0x103A, 0x0002
AUDIO_FILE, AUDIO_FORMAT, AUDIO_REST, AUDIO_TIMES = 0x1003, 0x1001, 0x1033, 0x2106
VIDEO_FILE = 0x1005


@dataclass(frozen=True)
class Node:
    """A node of a tree: 0 volume, 1 directory, 2 file."""

    kind: int
    parent: int
    name: bytes
    tag: bytes = bytes(4)


@dataclass(frozen=True)
class Volume:
    """A volume: its name in the trees, its id, and what 0x0F3D says of it; no mount: nothing."""

    name: str
    tag: bytes
    mount: str | None = None
    label: str | None = None


@dataclass(frozen=True)
class ProToolsFile:
    """A file to list: the name of its volume, the directories under it, its own name."""

    volume: str
    directory: tuple[str, ...]
    name: str
    frames: int = 48_000
    unique_id: bytes = bytes(range(1, 13))


@dataclass(frozen=True)
class Writing:
    """How a file is written: obfuscation 1 or 5, byte order, key, and the encoding of texts."""

    scheme: int = 5
    big: bool = False
    seed: int = 0x3C
    encoding: str = "utf-8"

    def number(self, value: int, size: int) -> bytes:
        return value.to_bytes(size, "big" if self.big else "little")

    def u32(self, value: int) -> bytes:
        return self.number(value, 4)

    def raw(self, text: bytes) -> bytes:
        return self.u32(len(text)) + text

    def text(self, text: str) -> bytes:
        return self.raw(text.encode(self.encoding))

    def block(self, content_type: int, payload: bytes = b"", schema: int = 2) -> bytes:
        inner = self.number(content_type, 2) + payload
        return b"Z" + self.number(schema, 2) + self.u32(len(inner)) + inner

    def tree(self, nodes: Sequence[Node]) -> bytes:
        parts = [
            struct.pack(">B" if self.big else "<B", node.kind)
            + self.u32(node.parent)
            + self.raw(node.name)
            + node.tag
            for node in nodes
        ]
        return self.block(TREE, self.u32(len(nodes)) + b"".join(parts), schema=1)

    def audio_file(self, node: int, file: ProToolsFile, *, old: bool = False) -> bytes:
        """A descriptor; `old` is that of Pro Tools 5.1, which has neither times nor originator."""
        form = (
            self.u32(48_000) + b"\1\x18" + self.number(file.frames, 8) + b"\3" + bytes(4)
        ) + file.unique_id
        payload = self.u32(node) + self.block(AUDIO_FORMAT, form) + self.block(AUDIO_REST)
        if not old:
            times = bytes(40) + b"Z" + bytes(9) + self.text("Pro Tools")
            payload += self.block(AUDIO_TIMES, times, schema=0x1F) + bytes(4)
        return self.block(AUDIO_FILE, payload, schema=7)

    def video_file(self, node: int) -> bytes:
        return self.block(VIDEO_FILE, self.u32(node) + b"ZZ not known", schema=3)

    def listing(self, nodes: Sequence[Node], descriptors: Iterable[bytes]) -> bytes:
        """The payload of a list of media, or the second part of one."""
        count = sum(node.kind == 2 for node in nodes)
        return self.u32(count) + self.tree(nodes) + b"".join(descriptors)

    def version(self, product: str, version: str, kind: int, windows: bool) -> bytes:
        payload = b"\1" + self.text(product) + self.u32(3) + b"".join(map(self.u32, (8, 0, 0)))
        payload += self.text(version) + b"\1" + self.text("Release") + b"\0"
        payload += self.text("Pro Tools Session File") + bytes((kind, windows))
        return self.block(VERSION, payload + self.text("Windows" if windows else "MacOS"))

    def session(self, rate: int) -> bytes:
        return self.block(SESSION, b"\3\x18" + self.u32(rate) + bytes(5) + b"\1", schema=9)

    def volumes(self, volumes: Iterable[Volume]) -> bytes:
        parts = [
            self.block(
                VOLUME,
                self.text(volume.name if volume.label is None else volume.label)
                + volume.tag
                + self.text(volume.mount),
            )
            for volume in volumes
            if volume.mount is not None
        ]
        return self.block(VOLUMES, self.u32(len(parts)) + b"".join(parts), schema=1)

    def seal(self, blocks: Iterable[bytes]) -> bytes:
        """The file of these blocks, with the pointer before them, the index after them."""
        body = b"".join(blocks)
        index = 20 + 11 + len(body)
        pointer = b"Z" + self.number(1, 2) + self.u32(4) + self.u32(index)
        body = pointer + body + self.block(INDEX, self.u32(0) + b"Z" * 20)
        return self.header() + obscure(body, self.scheme, self.seed)

    def header(self) -> bytes:
        return b"\x030010111100101011" + bytes((self.big, self.scheme, self.seed))


def obscure(body: bytes, scheme: int, seed: int) -> bytes:
    """The bytes from 20 on, with the keys that a scheme and a seed make; its own inverse."""
    factor = {1: 53, 5: 11}[scheme]
    (found,) = (i for i in range(256) if (i * factor) & 255 == seed)
    delta = found if scheme == 1 else -found & 255
    shift = 0 if scheme == 1 else 12
    return bytes(
        byte ^ (((offset >> shift & 255) * delta) & 255) for offset, byte in enumerate(body, 20)
    )


@dataclass(frozen=True)
class Description:
    """A session: who wrote it, its volumes, its media, and how the file is written.

    `old`: descriptors as in Pro Tools 5.1, and no list 0x2096. `second`: 0x1004 and 0x2096 end with
    a second list, of `second_audio`. `shuffle`: the order of the nodes in trees, parents first if
    None. `extra`: blocks of unknown types between all others.
    """

    writing: Writing = field(default_factory=Writing)
    product: str = "Pro Tools"
    version: str = "2019.6.0"
    kind: int = 6
    windows: bool = False
    rate: int = 48_000
    volumes: tuple[Volume, ...] = ()
    audio: tuple[ProToolsFile, ...] = ()
    video: tuple[ProToolsFile, ...] = ()
    other: tuple[ProToolsFile, ...] = ()
    second: bool = False
    second_audio: tuple[ProToolsFile, ...] = ()
    old: bool = False
    list_volumes: bool = True
    shuffle: int | None = None
    extra: tuple[bytes, ...] = ()

    def nodes(self, media: Sequence[ProToolsFile]) -> list[Node]:
        """The tree that holds the media; its files are in their order."""
        tags = {volume.name: volume.tag for volume in self.volumes}
        places: dict[tuple[str, ...], int] = {}
        nodes: list[Node] = []

        def add(node: Node) -> int:
            nodes.append(node)
            return len(nodes) - 1

        def place(path: tuple[str, ...]) -> int:
            if path not in places:
                name = path[-1].encode(self.writing.encoding)
                if len(path) == 1:
                    places[path] = add(Node(0, NO_PARENT, name, tags.get(path[0], bytes(4))))
                else:
                    places[path] = add(Node(1, place(path[:-1]), name))
            return places[path]

        for file in media:
            parent = place((file.volume, *file.directory))
            tag = b"WAVE" if self.writing.big else b"EVAW"
            add(Node(2, parent, file.name.encode(self.writing.encoding), tag))
        return nodes if self.shuffle is None else shuffled(nodes, self.shuffle)

    def audio_list(self, media: Sequence[ProToolsFile]) -> bytes:
        nodes = self.nodes(media)
        files = [index for index, node in enumerate(nodes) if node.kind == 2]
        return self.writing.listing(
            nodes,
            (
                self.writing.audio_file(index, file, old=self.old)
                for index, file in zip(files, media, strict=True)
            ),
        )

    def video_list(self, media: Sequence[ProToolsFile]) -> bytes:
        nodes = self.nodes(media)
        files = (index for index, node in enumerate(nodes) if node.kind == 2)
        return self.writing.listing(nodes, map(self.writing.video_file, files))

    def blocks(self) -> list[bytes]:
        """The top-level blocks but the pointer and the index."""
        write = self.writing
        empty = write.listing((), ())
        version = write.version(self.product, self.version, self.kind, self.windows)
        audio = self.audio_list(self.audio)
        other = self.video_list(self.other)
        if self.second:
            audio += self.audio_list(self.second_audio) if self.second_audio else empty
            other += empty
        blocks = [write.session(self.rate)]
        if self.list_volumes:
            blocks.append(write.volumes(self.volumes))
        blocks.append(write.block(AUDIO, audio))
        if not self.old:
            blocks.append(write.block(OTHER, other, schema=1))
        blocks.append(write.block(VIDEO, self.video_list(self.video)))
        blocks = [version, *blocks] if write.scheme == 1 else [*blocks, version]
        if self.extra:
            blocks = [each for block in blocks for each in (*self.extra, block)]
        return blocks

    def file(self) -> bytes:
        """The whole file."""
        return self.writing.seal(self.blocks())


def shuffled(nodes: Sequence[Node], seed: int) -> list[Node]:
    """The same tree with its nodes in another order, in which files follow each other as before."""
    rng = random.Random(seed)
    rank = sorted(rng.random() for node in nodes if node.kind == 2)
    ranks = iter(rank)
    keys = [next(ranks) if node.kind == 2 else rng.random() for node in nodes]
    order = sorted(range(len(nodes)), key=keys.__getitem__)
    moved = {old: new for new, old in enumerate(order)} | {NO_PARENT: NO_PARENT}
    return [
        Node(nodes[old].kind, moved[nodes[old].parent], nodes[old].name, nodes[old].tag)
        for old in order
    ]

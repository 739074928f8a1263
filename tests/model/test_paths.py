"""Which paths are safe."""

import pytest

from spanner.model.paths import is_safe


@pytest.mark.parametrize(
    "path", ["a", "a/b", "...", "a/...", ".a/b.", "a.", "..a/b..", "\udcff", "a\n"]
)
def test_safe(path: str) -> None:
    assert is_safe(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "a\0",
        "\ud800",
        ".",
        "..",
        "/a",
        "a/",
        "a//b",
        "./a",
        "a/.",
        "a/./b",
        "../a",
        "a/..",
        "a/../b",
    ],
)
def test_unsafe(path: str) -> None:
    assert not is_safe(path)

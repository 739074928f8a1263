"""Pro Tools sessions and texts that are larger than any real one."""

import os
from pathlib import Path

import pytest

from spanner.model.session import SessionError
from spanner.sources.formats import protools, protools_text


def test_absurdly_large_files_are_refused_at_once(tmp_path: Path) -> None:
    for name, read in (("x.ptx", protools.read), ("x.txt", protools_text.read_text)):
        path = tmp_path / name
        path.write_bytes(b"SESSION NAME:\tx\n")
        os.truncate(path, 1 << 40)
        with pytest.raises(SessionError, match="it has over"):
            read(str(path))


@pytest.mark.parametrize("end", ["\n", "\r"])
def test_absurd_numbers_of_lines_are_refused(tmp_path: Path, end: str) -> None:
    path = tmp_path / "x.txt"
    path.write_text(f"SESSION NAME:\tx{end}" + end * 90_000, newline="")
    assert protools_text.read_text(str(path)).media == ()
    path.write_text(f"SESSION NAME:\tx{end}" + end * 200_000, newline="")
    with pytest.raises(SessionError, match="more lines than in any session"):
        protools_text.read_text(str(path))

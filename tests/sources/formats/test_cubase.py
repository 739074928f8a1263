"""Cubase projects are recognised, and said to be unreadable."""

from pathlib import Path

import pytest

from spanner.model.session import SessionError
from spanner.sources.formats.cubase import is_cubase, read


def test_projects_are_recognised_and_cannot_be_listed(tmp_path: Path) -> None:
    file = tmp_path / "Söng.cpr"
    for form in (b"RIFF", b"RIFX"):
        content = form + bytes(4) + b"NUNDROOT" + bytes(100)
        file.write_bytes(content)
        assert is_cubase(content)
        reason = "media cannot be listed, archive its folder whole"
        with pytest.raises(SessionError, match=f"Cubase project recognised: its {reason}"):
            read(str(file))


@pytest.mark.parametrize("content", [b"", b"RIFF", b"RIFF\0\0\0\0WAVEfmt ", b"RIFF\0\0\0\0NUN"])
def test_other_files_are_none(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.cpr"
    file.write_bytes(content)
    assert not is_cubase(content)
    with pytest.raises(SessionError, match="is no Cubase project"):
        read(str(file))
    with pytest.raises(SessionError, match="cannot be read"):
        read(str(tmp_path / "gone"))

"""What other programs use: the examples of docs/python.md run, and are typed as they say."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import spanner
from spanner.api import __all__ as names
from spanner.cli.demo_session import make_session

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs" / "python.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The session that the page speaks of, here."""
    monkeypatch.chdir(tmp_path)
    make_session("My Session")


@pytest.mark.usefixtures("session")
def test_the_examples_run(capsys: pytest.CaptureFixture[str]) -> None:
    scope: dict[str, object] = {}
    for example in EXAMPLES:
        exec(compile(example, "docs/python.md", "exec"), scope)
    printed = capsys.readouterr().out
    for words in ("files restored", "proven", "good", "1 copies", "My Session", "0 missing", "3 "):
        assert words in printed
    assert len(EXAMPLES) >= 6


def test_the_examples_are_typed(tmp_path: Path) -> None:
    """A foreign program is strict about what it uses."""
    program = tmp_path / "program.py"
    program.write_text("".join(EXAMPLES), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), str(program)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_all_functions_are_there_and_take_keywords_alone() -> None:
    for name in ("scan", "plan", "archive", "write_images", "burn", "verify", "restore", "find"):
        with pytest.raises(TypeError, match="positional argument"):
            getattr(spanner, name)("Song")
    assert callable(spanner.status)
    assert callable(spanner.open_library)
    assert {name for name in names if not hasattr(spanner, name)} == set()
    assert set(names) <= set(dir(spanner))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = spanner.nothing


def test_commands_do_not_load_all_of_it() -> None:
    code = "import sys, spanner; sys.exit('spanner.api' in sys.modules or 'numpy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_each_function_is_named_on_the_page() -> None:
    for name in names:
        if name[0].islower() and name != "parse_media":
            assert f"{name}(" in PAGE, name

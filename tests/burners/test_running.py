"""Programs are run, fed, heard and ended."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from burners import BurnError, ProgramError, StoppedError, running
from burners.running import run


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


def blocks(*parts: bytes) -> Iterator[memoryview]:
    return (memoryview(part) for part in parts)


def test_it_gets_all_blocks_in_order(tmp_path: Path) -> None:
    parts = [os.urandom(size) for size in (1, 3 << 20, 0, 70_000, 1 << 20)]
    out = tmp_path / "out"
    code = "import shutil, sys; shutil.copyfileobj(sys.stdin.buffer, open(sys.argv[1], 'wb'))"
    assert run(python(code, str(out)), blocks(*parts)).code == 0
    assert out.read_bytes() == b"".join(parts)


def test_each_line_of_both_streams_is_heard_as_it_comes(tmp_path: Path) -> None:
    """The program goes on when its first line was heard."""
    lines: list[str] = []
    mark = tmp_path / "heard"
    code = f"""
import os, sys, time
sys.stdout.write("Track 01:    1 of   12 MB\\rTrack 01:    2 of"); sys.stdout.flush()
for _ in range(1000):
    if os.path.exists({str(mark)!r}):
        break
    time.sleep(0.02)
else:
    sys.exit("nobody heard it")
sys.stdout.write("   12 MB\\r\\n\\n"); sys.stdout.flush()
sys.stderr.buffer.write(b"\\xff error, no end"); sys.stderr.flush()
"""

    def hear(line: str) -> None:
        lines.append(line)
        mark.touch()

    ended = run(python(code), on_line=hear)
    assert lines == [
        "Track 01:    1 of   12 MB",
        "Track 01:    2 of   12 MB",
        "\ufffd error, no end",
    ]
    assert ended.tail == tuple(lines)


def test_the_exit_code_and_the_signal_are_told() -> None:
    assert run(python("raise SystemExit(7)")).code == 7
    assert run(python("import os; os.kill(os.getpid(), 9)")).code == -9


def test_arguments_reach_it_as_they_are(tmp_path: Path) -> None:
    odd = ["$(touch x)", "a b", "*", "'", '"', "\n", ""]
    heard: list[str] = []
    run(python("import sys; print(ascii(sys.argv[1:]))", *odd), on_line=heard.append)
    assert heard == [ascii(odd)]


def test_a_program_that_ends_early_is_fed_no_more() -> None:
    taken = []

    def endless() -> Iterator[memoryview]:
        while True:
            taken.append(1)
            yield memoryview(bytes(1 << 20))

    assert run(python("import sys; sys.stdin.buffer.read(10); sys.exit(3)"), endless()).code == 3
    assert len(taken) < 100


def test_what_the_blocks_raise_ends_it_and_is_raised(tmp_path: Path) -> None:
    closed = []
    pid = tmp_path / "pid"

    def failing() -> Iterator[memoryview]:
        try:
            yield memoryview(b"a")
            while not pid.exists():
                time.sleep(0.01)
            raise BurnError("the source is gone")
        finally:
            closed.append(True)

    code = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(99)"
    with pytest.raises(BurnError, match="the source is gone"):
        run(python(code, str(pid)), failing())
    assert closed == [True]
    wait_until_gone(int(pid.read_text() or "0"))


def wait_until_gone(pid: int) -> None:
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_stopped_it_is_asked_to_end_first(tmp_path: Path) -> None:
    stop = threading.Event()
    heard: list[str] = []

    def hear(line: str) -> None:
        heard.append(line)
        stop.set()

    code = """
import signal, sys, time
def bye(*_): print("bye", flush=True); sys.exit(4)
signal.signal(signal.SIGTERM, bye)
print("hello", flush=True)
time.sleep(99)
"""
    with pytest.raises(StoppedError):
        run(python(code), on_line=hear, stop=stop)
    assert heard == ["hello", "bye"]


def test_what_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "_FAREWELL", 0.5)
    stop = threading.Event()
    code = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(os.getpid(), flush=True)
time.sleep(99)
"""
    heard: list[str] = []

    def hear(line: str) -> None:
        heard.append(line)
        stop.set()

    with pytest.raises(StoppedError):
        run(python(code), on_line=hear, stop=stop)
    wait_until_gone(int(heard[0]))


def test_what_gives_no_sign_of_life_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "_STALL", 0.5)
    with pytest.raises(BurnError, match="no sign of life"):
        run(python("import time; time.sleep(99)"), blocks())


def test_a_grandchild_that_keeps_the_output_open_is_not_waited_for() -> None:
    code = """
import subprocess, sys
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"]).pid, flush=True)
"""
    heard: list[str] = []
    assert run(python(code), on_line=heard.append).code == 0
    os.kill(int(heard[0]), signal.SIGKILL)  # it is still there


def test_its_words_are_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    heard: list[str] = []
    run(python("import os; print(os.environ['LC_ALL'])"), on_line=heard.append)
    assert heard == ["C"]


def test_a_missing_program_is_named() -> None:
    with pytest.raises(ProgramError, match="cannot run /no/such: No such file"):
        run(["/no/such"])

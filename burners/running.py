"""Runs an external program, never through a shell: input from blocks, output line by line."""

import contextlib
import fcntl
import os
import re
import selectors
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from burners.errors import ProgramError, RecordingError, StoppedError

_POLL = 0.2  # seconds until a request to stop is seen
_STALL = 1800.0  # seconds without a sign of life; a dual-layer disc takes many minutes to close
_FAREWELL = 30.0  # seconds that a program has to end after it was told to
_AFTER = 1.0  # seconds that output may stay open after its program has ended
_PIPE = 1 << 20
_TAIL = 40
_ENDS = re.compile(rb"[\r\n\b]+")

starting = threading.Lock()
"""Held while a program is started: until it runs it has copies of all our open files, and whoever
opens a drive for itself for a moment would seem to keep it."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: its exit code (negative: the signal), and its last lines."""

    code: int
    tail: tuple[str, ...]


def run(
    arguments: Sequence[str],
    blocks: Iterator[memoryview] | None = None,
    on_line: Callable[[str], None] = lambda _line: None,
    stop: threading.Event | None = None,
) -> Ended:
    """Run a program to its end; `on_line` hears each line of both streams, in this thread.

    Progress lines that overwrite each other, with carriage returns or backspaces, are lines too.
    What `blocks` raises ends the program and is raised again.

    Raises:
        ProgramError: it is not there or cannot be run.
        StoppedError: `stop` was set; the program was ended.
        RecordingError: it gave no sign of life for half an hour and was ended.
    """
    try:
        with starting:
            process = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL if blocks is None else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,  # a Ctrl-C is ours to pass on, or a disc is lost for it
                env={**os.environ, "LC_ALL": "C"},
            )
    except OSError as error:
        raise ProgramError(f"cannot run {arguments[0]}: {error.strerror}") from error
    with process, contextlib.closing(_Conversation(process, blocks, on_line)) as talk:
        try:
            talk.hold(stop)
        except BaseException:
            talk.end()
            raise
        return Ended(process.wait(), tuple(talk.tail))


class _Conversation:
    """Writes to a program and listens to it, at once."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        blocks: Iterator[memoryview] | None,
        on_line: Callable[[str], None],
    ) -> None:
        self._process = process
        self._blocks = blocks
        self._on_line = on_line
        self._block = memoryview(b"")
        self._rests: dict[int, bytes] = {}
        self._selector = selectors.DefaultSelector()
        self._alive = time.monotonic()
        self.tail: deque[str] = deque(maxlen=_TAIL)
        for stream in (process.stdout, process.stderr):
            assert stream
            self._selector.register(stream.fileno(), selectors.EVENT_READ)
            self._rests[stream.fileno()] = b""
        if process.stdin:
            fd = process.stdin.fileno()
            os.set_blocking(fd, False)
            with contextlib.suppress(OSError):  # users have a limit on the size of all pipes
                fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, _PIPE)
            self._selector.register(fd, selectors.EVENT_WRITE)

    def close(self) -> None:
        """Let go of the program's streams, and of the blocks."""
        self._selector.close()
        closing = getattr(self._blocks, "close", None)
        if closing:
            closing()

    def hold(self, stop: threading.Event | None) -> None:
        """Feed the program, and hear it, until it has closed its output.

        Raises:
            StoppedError: `stop` was set.
            RecordingError: it gave no sign of life for half an hour.
        """
        while self._rests:
            if stop and stop.is_set():
                raise StoppedError("it was stopped")
            ready = self._selector.select(_POLL)
            for key, _ in ready:
                if key.events == selectors.EVENT_WRITE:
                    self._write()
                else:
                    self._read(key.fd)
            if ready:
                self._alive = time.monotonic()
            elif self._process.poll() is not None and self._silent(_AFTER):
                return
            elif self._silent(_STALL):
                raise RecordingError("the program gave no sign of life for half an hour")

    def end(self) -> None:
        """Ask the program to end; kill it when it does not within half a minute."""
        self._process.send_signal(signal.SIGTERM)
        self._close_input()
        deadline = time.monotonic() + _FAREWELL
        while self._rests and time.monotonic() < deadline:
            for key, _ in self._selector.select(_POLL):
                self._read(key.fd)
            if self._process.poll() is not None:
                break
        if self._process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_POLL)
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    def _silent(self, seconds: float) -> bool:
        return time.monotonic() - self._alive > seconds

    def _write(self) -> None:
        if not self._block:
            assert self._blocks
            block = next(self._blocks, None)
            if block is None:
                self._close_input()
                return
            self._block = block
        assert self._process.stdin
        try:
            self._block = self._block[os.write(self._process.stdin.fileno(), self._block) :]
        except BlockingIOError:
            pass
        except BrokenPipeError:  # it takes no more; its output and exit code say why
            self._close_input()

    def _close_input(self) -> None:
        stdin = self._process.stdin
        if stdin and not stdin.closed:
            self._selector.unregister(stdin.fileno())
            stdin.close()

    def _read(self, fd: int) -> None:
        chunk = os.read(fd, 1 << 16)
        *lines, rest = _ENDS.split(self._rests[fd] + chunk)
        if chunk:
            self._rests[fd] = rest
        else:
            lines.append(rest)
            del self._rests[fd]
            self._selector.unregister(fd)
        for line in lines:
            text = line.decode("utf-8", "replace").strip()
            if text:
                self.tail.append(text)
                self._on_line(text)

"""A check or a run as a command of its own, so that the page stays awake and it can be stopped."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from threading import Thread
from typing import Literal, NamedTuple, TextIO

from riskindex.screen import STAGE_LINE, STAGES_AS_LINES

State = Literal["working", "done", "failed", "stopped"]


class Progress(NamedTuple):
    """How far a job is."""

    what: str
    """check or run."""
    state: State
    stage: str
    """The stage at work, in words."""
    stages: int
    """How many stages have begun."""
    lines: tuple[str, ...]
    """What it said on the screen, such as the summary of a run."""
    faults: tuple[str, ...]
    """What is wrong, one sentence each."""


class Job:
    """A command at work, started at once.

    Parameters
    ----------
    what
        Name of the command.
    arguments
        What stands behind it on the command line.
    """

    def __init__(self, what: str, arguments: Sequence[str]) -> None:
        self._progress = Progress(what, "working", "Starting", 0, (), ())
        # Kept here: the exit code does not tell a stopped run from a failed one on every system.
        self._stopped = False
        self._process = subprocess.Popen(
            # The same Python: the command riskindex may be another installation, or not on the
            # path.
            [sys.executable, "-m", "riskindex", what, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            # A pipe on Windows has the code page of the system otherwise, and names would arrive
            # mangled.
            env={**os.environ, "PYTHONIOENCODING": "utf-8", STAGES_AS_LINES: "1"},
            # Windows would open a black window for it.
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        # A thread for each pipe: a full one that nobody empties would stop the run.
        self._said = Thread(target=self._take_lines, args=(self._process.stdout,), daemon=True)
        self._said.start()
        self._end = Thread(target=self._take_stages, args=(self._process.stderr,), daemon=True)
        self._end.start()

    @property
    def progress(self) -> Progress:
        """How far it is now."""
        return self._progress

    def wait(self, seconds: float | None = None) -> Progress:
        """How far it is when it has ended, or after so many seconds."""
        self._end.join(timeout=seconds)
        return self._progress

    def stop(self) -> None:
        """End it in good order: the result folder stays as it was."""
        if self._process.poll() is None:
            self._stopped = True
            # Not killed: the command removes its private copies of events first.
            self._process.send_signal(signal.SIGTERM)
        self.wait(20)

    def _take_lines(self, out: TextIO) -> None:
        with out:
            for line in filter(str.strip, out):
                lines = (*self._progress.lines, line.rstrip())
                self._progress = self._progress._replace(lines=lines)

    def _take_stages(self, err: TextIO) -> None:
        with err:
            for line in map(str.strip, err):
                self._take_stage(line)
        # The end may be told only when all that was said has been taken.
        self._said.join()
        self._finish(self._process.wait())

    def _take_stage(self, line: str) -> None:
        now = self._progress
        if line.startswith(STAGE_LINE):
            stage = line.removeprefix(STAGE_LINE)
            # A part of a stage, such as a file, comes after its name and a colon.
            self._progress = now._replace(stage=stage, stages=now.stages + (":" not in stage))
        elif line:
            self._progress = now._replace(faults=(*now.faults, line.removeprefix("riskindex: ")))

    def _finish(self, code: int) -> None:
        state: State = "stopped" if self._stopped else "failed" if code else "done"
        faults = () if state == "stopped" else self._progress.faults
        if state == "failed" and not faults:
            faults = ("It ended without a word: was it killed, or is memory short?",)
        self._progress = self._progress._replace(state=state, faults=faults)

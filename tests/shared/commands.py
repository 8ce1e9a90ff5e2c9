"""A command in this process, as a terminal would see it: a start of Python takes a second."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from types import SimpleNamespace

import pytest

from riskindex.cli import main


def said_by(*arguments):
    """The exit code of a command, and what it says."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["riskindex", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
    return SimpleNamespace(returncode=stop.value.code, stdout=out.getvalue(), stderr=err.getvalue())

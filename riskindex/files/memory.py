"""A cap on the memory of a run: over it the run ends with a sentence, not with the machine."""

import re
import signal
import sys
import threading
from _thread import interrupt_main
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from riskindex.errors import ConfigError, DataError, is_interruption

_UNITS = {"MB": 10**6, "GB": 10**9, "MiB": 2**20, "GiB": 2**30}
_OFTEN = 0.05  # seconds between two looks
_STATUS = Path("/proc/self/statm")


def parse_memory(text: str) -> int:
    """Bytes of a size such as 3GB or 500MB.

    Raises
    ------
    ConfigError
        It is no such size.
    """
    match = re.fullmatch(rf"(\d+(?:\.\d+)?) ?({'|'.join(_UNITS)})", text)
    if not match or float(match[1]) <= 0:
        raise ConfigError(f"memory: {text!r} is no size; write it like 3GB or 500MB.")
    return int(float(match[1]) * _UNITS[match[2]])


def memory_faults(memory: str | None) -> tuple[str, ...]:
    """Say what is wrong with a cap."""
    try:
        parse_memory(memory or _OF_DATABASE)
    except ConfigError as error:
        return error.faults
    return ()


def memory_of_database(memory: str | None) -> str:
    """What counting may hold before it goes to the disk: a third of the cap, 1GB without one."""
    return _OF_DATABASE if memory is None else f"{max(parse_memory(memory) // 3_000_000, 1)}MB"


_OF_DATABASE = "1GB"


def resident() -> int | None:
    """Bytes of memory that this process holds now; None where the system does not say."""
    if not _STATUS.exists():
        return _working_set() or _peak()
    import os

    # The second number is the resident set, in pages (proc(5)).
    return int(_STATUS.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _working_set() -> int | None:
    """What this process holds under Windows; None under other systems, or where it is not told.

    Notes
    -----
    `K32GetProcessMemoryInfo` fills in a `PROCESS_MEMORY_COUNTERS`: two numbers of 32 bits, its
    size and the page faults, then eight of the size of an address, of which the second is it.
    """
    import ctypes

    windows = getattr(ctypes, "windll", None)
    if windows is None:
        return None
    # The two 32-bit numbers fill one address-sized slot, or two on a 32-bit system.
    head = 2 * ctypes.sizeof(ctypes.c_uint32) // ctypes.sizeof(ctypes.c_size_t)
    counters = (ctypes.c_size_t * (head + 8))()
    size = ctypes.sizeof(counters)
    ctypes.cast(counters, ctypes.POINTER(ctypes.c_uint32))[0] = size
    # The pseudo handle of the calling process, which need not be closed.
    this_process = ctypes.c_void_p(-1)
    succeeded = windows.kernel32.K32GetProcessMemoryInfo(this_process, ctypes.byref(counters), size)
    return int(counters[head + 1]) if succeeded else None


def _peak() -> int | None:
    """The most that was held so far, on systems that tell only that."""
    try:
        import resource
    except ImportError:
        return None
    # macOS counts bytes, other systems kilobytes (getrusage(2)).
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


@contextmanager
def bounded(memory: str | None) -> Iterator[None]:
    """End what is inside when this process holds more memory than the cap.

    A thread looks twenty times a second; what is at work ends at its next step.

    Parameters
    ----------
    memory
        Such as 3GB; None sets no cap.

    Raises
    ------
    DataError
        The cap was passed, or the machine had no memory left.
    ConfigError
        The cap is no size, or this system does not say how much memory a process holds.
    """
    try:
        if memory is None:
            yield
            return
        with _watched(parse_memory(memory), memory):
            yield
    except MemoryError:
        raise DataError(f"memory: the machine has none left. {_ADVICE}") from None


_ADVICE = (
    "Close other programs, or ask for less: fewer factors, periods or areas at once. The result "
    "folder is as it was."
)


@contextmanager
def _watched(cap: int, named: str) -> Iterator[None]:
    if resident() is None:
        raise ConfigError("memory: this system does not say what a run holds; leave the cap out.")
    done, over = threading.Event(), threading.Event()
    # Python can interrupt the main thread alone.
    in_main = threading.current_thread() is threading.main_thread()

    def look() -> None:
        while not done.wait(_OFTEN):
            if (resident() or 0) > cap:
                over.set()
                if in_main:  # elsewhere it is found at the end
                    interrupt_main()
                return

    # daemon: a watch must not keep the program from ending.
    watch = threading.Thread(target=look, daemon=True)
    watch.start()
    try:
        try:
            with _heard(over) if in_main else nullcontext():
                yield
        finally:
            done.set()
            watch.join()
        # Once more at the end: a short peak may fall between two looks.
        if (resident() or 0) > cap:
            over.set()
            raise KeyboardInterrupt
    except (KeyboardInterrupt, Exception) as error:
        stopped = isinstance(error, KeyboardInterrupt) or is_interruption(error)
        # A Ctrl-C of the analyst stays one, and errors of their own kind stay theirs.
        if not (over.is_set() and stopped):
            raise
        held = resident() or 0
        raise DataError(
            f"memory: the run holds {held / 1e9:.2f} GB, and the cap is {named}. Set memory higher "
            f"in the config. {_ADVICE}"
        ) from None


@contextmanager
def _heard(over: threading.Event) -> Iterator[None]:
    """Heed the interruption by the watch where the process was told to ignore all (as by nohup)."""

    def heed(*_: object) -> None:
        if over.is_set():
            raise KeyboardInterrupt

    # nohup and job servers ignore SIGINT, by which the watch ends a run.
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:
        yield
        return
    signal.signal(signal.SIGINT, heed)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)

"""The commands: a thin line over the functions; errors become one line each and an exit code."""

import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from riskindex import __version__
from riskindex.errors import InputError, RiskindexError, is_interruption
from riskindex.screen import (
    downloads,
    log_end,
    logging_to,
    show,
    show_backtest,
    show_comparison,
    show_definitions,
    show_end,
    stages,
)

if TYPE_CHECKING:
    from riskindex.config import Config
    from riskindex.files.whole_folder import HeldFolder
    from riskindex.result import Say
    from riskindex.setup.new_config import NewConfig

app = typer.Typer(
    no_args_is_help=True,
    help="From police events, census tables and boundaries to the neighbourhoods most at risk.",
    context_settings={"help_option_names": ["-h", "--help"]},
    # Its tracebacks print local variables, and with them rows of restricted tables.
    pretty_exceptions_enable=False,
)

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
ProfileOption = Annotated[
    str | None,
    typer.Option("--profile", help="Who the outputs are for: internal, partner or public."),
]
Replace = Annotated[
    bool, typer.Option("--replace", help="Put a partner or public result over an internal one.")
]
ConfigFile = Annotated[Path, typer.Argument(metavar="CONFIG", help="The config, a TOML file.")]


LogOption = Annotated[
    Path | None,
    typer.Option("--log", help="File that stages, notes and errors are added to, each timed."),
]


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"riskindex {__version__}")
        raise typer.Exit


@app.callback()
def riskindex(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_say_version, is_eager=True, help="Say which version this is."
        ),
    ] = False,
) -> None:
    """From police events, census tables and boundaries to the neighbourhoods most at risk."""


_DEMO = Path("riskindex-demo")


@app.command()
def demo(
    *,
    folder: Annotated[Path, typer.Argument(help="Folder for the county and its result.")] = _DEMO,
    profile: ProfileOption = "internal",
    replace: Replace = False,
    quiet: Quiet = False,
) -> None:
    """Make a synthetic county and run the whole job on it, without a network."""
    from riskindex.config import read_config
    from riskindex.demo.county import synthetic_county
    from riskindex.demo.write_files import write_county
    from riskindex.outputs.read_result import refuse_to_replace

    if not replace:
        # Before the county is made: a refusal that comes after minutes is a waste of them.
        refuse_to_replace(folder / "result", profile or "internal")
    with stages(quiet) as say:
        say("Making a synthetic county")
        config = write_county(synthetic_county(), folder / "county")
        _run(read_config(config), folder / "result", profile, say, quiet, replace=replace)


@app.command()
def new(
    preset: Annotated[
        str,
        typer.Argument(
            help="essex-2022, needs-assessment, five-documents, open-data, vulnerable-localities, "
            "indices-of-deprivation-2025, or "
            "social-vulnerability-2022."
        ),
    ],
    *,
    path: Annotated[Path, typer.Argument(help="File to write.")] = Path("riskindex.toml"),
    area: Annotated[
        str | None,
        typer.Option(help="Study area: a police force, partnership or district, by name or code."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder of downloads: each is known by its columns, and its path filled in."
        ),
    ] = None,
) -> None:
    """Write a commented config to start from, or one that runs on the files in a folder."""
    # Imported in each command: one that only prints help must not load pandas and its like.
    from riskindex.areas.area_names import find_area
    from riskindex.setup.new_config import new_config

    # A config is written by hand from here on; a second call must not undo that work.
    if path.exists():
        raise InputError(f"{path}: is there already and is not overwritten; name another file.")
    asked = None if area is None else find_area(area)
    made = new_config(preset, area=asked, data=data, home=path.parent)
    path.write_text(made.text, encoding="utf-8", newline="\n")
    _write_schema(path.with_name(SCHEMA))
    for line in made.found:
        show(line)
    if made.missing:
        show("Missing:")
        for line in made.missing:
            show(f"  {line}")
    show(f"Wrote {path}. {_next_step(made, path, filled_in=data is not None)}")


SCHEMA = "riskindex.schema.json"
"""What the first line of each preset names, for editors that complete and check TOML by it."""


def _write_schema(path: Path) -> None:
    from riskindex.config_schema import schema as config_schema

    text = json.dumps(config_schema(), indent=1) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def _next_step(made: "NewConfig", path: Path, *, filled_in: bool) -> str:
    if made.missing:
        return f"Save what is missing, or: riskindex fetch {path}. Then: riskindex check {path}"
    if filled_in:
        return f"Next: riskindex run {path} --out result --profile internal"
    return f"Fill in the paths, then: riskindex check {path}"


@app.command()
def ui(
    folder: Annotated[
        Path, typer.Argument(help="Folder for the config, the result and dropped files.")
    ] = Path(),
    *,
    port: Annotated[int, typer.Option(help="Port of this computer; any free one if 0.")] = 0,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open it in the browser.")
    ] = True,
) -> None:
    """Open a page on this computer: files, choices, check, run and result without TOML."""
    import webbrowser

    from riskindex.ui.server import Server

    with Server(folder, port=port) as server:
        typer.echo(
            f"Open {server.address}\nIt ends with Ctrl-C. Nobody else's computer reaches it."
        )
        if browser:
            webbrowser.open(server.address)
        try:
            server.serve_forever()
        finally:
            # A run that the page began must not go on when nobody can see or stop it any more.
            server.desk.stop()


@app.command()
def fetch(
    config: ConfigFile,
    *,
    offline: Annotated[
        bool, typer.Option("--offline", help="Use no network: only say what would be fetched.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Fetch the official files that a config names: the only command that uses a network."""
    from riskindex.config import read_config
    from riskindex.setup.fetch import about_missing
    from riskindex.setup.fetch import fetch as fetch_files

    asked = read_config(config)
    # By the environment as well, so that an organisation can forbid the network once for all.
    if offline or os.environ.get("RISKINDEX_OFFLINE"):
        for line in about_missing(asked):
            show(line)
        return
    with downloads(quiet) as progress:
        fetch_files(asked, say=progress, tell=(lambda _line: None) if quiet else show)
    if not quiet:
        show(f"Next: riskindex check {config}")


@app.command()
def check(config: ConfigFile, *, quiet: Quiet = False) -> None:
    """Read everything, compute nothing, say what was found and every fault."""
    from riskindex.check import look
    from riskindex.config import read_config
    from riskindex.files.memory import bounded

    asked = read_config(config)
    # Private files: unpacked events must not lie in a shared temporary folder.
    with stages(quiet) as say, _private_files(), bounded(asked.memory):
        report = look(asked, say=say)
    if not quiet:
        for line in report.lines:
            show(line)
    # After the lines: what was read rightly helps to see what was not.
    report.raise_any()
    if not quiet:
        show(f"No fault found. Next: riskindex run {config} --out result --profile internal")


@app.command()
def run(
    config: ConfigFile,
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the result.")],
    profile: ProfileOption = None,
    replace: Replace = False,
    log: LogOption = None,
    quiet: Quiet = False,
) -> None:
    """Go from files to the list, map, workbook, GIS file and report."""
    from riskindex.config import read_config

    # The log first, so that a fault of the config is in it as well.
    with logging_to(log), stages(quiet) as say:
        _run(read_config(config), out, profile, say, quiet, replace=replace)


@app.command()
def backtest(
    config: ConfigFile,
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the result.")],
    target: Annotated[
        list[str] | None,
        typer.Option("--target", help="Factor whose events are predicted; may be repeated."),
    ] = None,
    hold_out: Annotated[
        int, typer.Option("--hold-out", help="How many of the last periods are held out.")
    ] = 1,
    profile: ProfileOption = None,
    quiet: Quiet = False,
) -> None:
    """Build on earlier periods and see what the list catches in the next."""
    from riskindex import backtest as backtests
    from riskindex.config import read_config
    from riskindex.outputs.backtest_page import save_backtest
    from riskindex.publication.profiles import only_internal

    asked = read_config(config)
    # Refused before two runs are made, and not after them.
    only_internal(profile or asked.profile, "A backtest")
    with stages(quiet) as say, _working_in(out) as hold:
        # Held before the run: two runs into one folder would mix their files.
        result = backtests.backtest(asked, targets=target or (), hold_out=hold_out, say=say)
        released = backtests.release_backtest(result, profile=profile)
        save_backtest(released, hold)
    if not quiet:
        show_backtest(released, out)


@app.command()
def compare(
    run_a: Annotated[Path, typer.Argument(help="A result folder.")],
    run_b: Annotated[Path, typer.Argument(help="Another, such as that of the next year.")],
    *,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for a page and tables.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Say which areas entered the list, which left it, and why."""
    from riskindex.outputs.compare import compare_runs
    from riskindex.outputs.compare_page import save_comparison

    # From two folders alone: earlier results need no config or data to be compared.
    result = compare_runs(run_a, run_b)
    if out is not None:
        save_comparison(result, out)
    if not quiet:
        show_comparison(result, out)


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(help="A result folder.")],
    *,
    key: Annotated[
        Path | None, typer.Option("--key", help="File of the release key, to check who wrote it.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Say whether a result folder is whole and as it was written, and who it is for."""
    from riskindex.outputs.verify import verify as look_at

    verdict = look_at(folder, key=key)
    if not quiet:
        show(f"{verdict.title} [{verdict.profile}], {verdict.kind}, {verdict.files:,} files")
        for note in verdict.notes:
            show(note)
    if verdict.faults:
        raise InputError(f"{folder}: {fault}" for fault in verdict.faults)
    if not quiet:
        show(f"Whole, and as it was written. {verdict.origin}")


@app.command()
def sql(
    config: ConfigFile,
    *,
    engine: Annotated[
        str | None,
        typer.Option(
            help="postgresql, spark, databricks, sql-server, or another dialect of ibis, such as "
            "snowflake; the source's own if none."
        ),
    ] = None,
) -> None:
    """Print the queries that a config has its warehouses answer, for who looks after them."""
    from riskindex.config import read_config
    from riskindex.events.warehouses.query import queries

    asked = read_config(config)
    typer.echo(
        "\n\n".join(queries(asked.sources, [*asked.factors, *asked.measured], engine=engine))
    )


@app.command()
def definitions(
    config: ConfigFile,
    one: Annotated[str, typer.Argument(help="A definition, of the config or of the package.")],
    other: Annotated[str, typer.Argument(help="Another.")],
    *,
    of: Annotated[
        str | None,
        typer.Option(
            "--of", help="Factor or measure counted by both; all that count by either if none."
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Compare two definitions by the events, hot areas and areas of the list that differ."""
    from riskindex.config import read_config
    from riskindex.definition_comparison import compare_definitions

    asked = read_config(config)
    with stages(quiet) as say, _private_files():
        comparison = compare_definitions(asked, one, other, of=of, say=say)
    if not quiet:
        show_definitions(comparison, one, other)


@app.command()
def schema() -> None:
    """Print the JSON schema of the config, for editors."""
    from riskindex.config_schema import schema as config_schema

    typer.echo(json.dumps(config_schema(), indent=2))


def _run(
    config: "Config",
    folder: Path,
    profile: str | None,
    say: "Say",
    quiet: bool,
    *,
    replace: bool = False,
) -> None:
    from riskindex import pipeline
    from riskindex.outputs.read_result import refuse_to_replace
    from riskindex.publication.profiles import check_profile

    # Before the run and not after it: without a profile nothing can be saved.
    check_profile(profile or config.profile)
    before = _number_of_folder(folder)
    try:
        with _working_in(folder) as hold:
            if not replace:
                refuse_to_replace(hold.target, str(profile or config.profile))
            result = pipeline.run(config, say=say)
            # Disclosure control stands between result and disk: nothing unreleased is ever written.
            released = pipeline.release(result, profile=profile, say=say)
            pipeline.save(released, hold, memory=config.memory, replace=replace, say=say)
    except KeyboardInterrupt:
        if _number_of_folder(folder) == before:
            raise  # else the new result was in place already
    # Notes go to the log even when nobody watches: they say what limits the result.
    log_end(released.headline, released.notes)
    if not quiet:
        show_end(released, folder)


def _number_of_folder(folder: Path) -> int | None:
    """A number that another folder of the same name does not have; None where there is none."""
    # A result is put in place by renaming a folder, which then has another inode.
    return folder.stat().st_ino if folder.exists() else None


@contextmanager
def _working_in(folder: Path) -> Iterator["HeldFolder"]:
    """Hold a result folder, and keep all temporary files beside it, those of libraries too."""
    from riskindex.files.whole_folder import held

    with held(folder) as hold, _temporary_files_in(hold.private):
        yield hold


@contextmanager
def _private_files() -> Iterator[None]:
    from riskindex.files.whole_folder import private_folder

    with private_folder(Path(tempfile.gettempdir())) as home, _temporary_files_in(home):
        yield


@contextmanager
def _temporary_files_in(home: Path) -> Iterator[None]:
    # Libraries put their files where tempfile says: rows of restricted tables may be among them.
    before, tempfile.tempdir = tempfile.tempdir, str(home)
    try:
        yield
    finally:
        tempfile.tempdir = before


_INTERRUPTED = 130


def main() -> None:
    """Run a command; every error that is foreseen ends in its own exit code."""
    try:
        _stop_in_good_order()
        # Before any command, whichever it is: copies of restricted events must not lie about after
        # a kill.
        _clear_abandoned(sys.argv[1:])
        stopped = app(standalone_mode=False)  # Typer gives back 130 where it was interrupted
        if stopped == _INTERRUPTED:
            raise KeyboardInterrupt
        sys.exit(stopped or 0)
    except RiskindexError as error:
        for fault in error.faults:
            # seen: a name in a file must not steer the terminal.
            show(f"riskindex: {fault}", stderr=True)
        # A code for each kind of error, so that a scheduled job can tell data from config.
        sys.exit(error.exit_code)
    except typer.Exit as stop:
        sys.exit(stop.exit_code)
    except (KeyboardInterrupt, typer.Abort):  # Typer makes the one of the other, at times
        _say_stopped()
    except Exception as error:
        if is_interruption(error):
            _say_stopped()
        _say_our_fault(error)
        sys.exit(1)


def _say_stopped() -> NoReturn:
    with suppress(OSError):  # the terminal may be gone
        typer.echo("riskindex: stopped; the result folder is as it was.", err=True)
    sys.exit(_INTERRUPTED)


def _stop_in_good_order() -> None:
    """Let a polite request to end leave nothing behind: private copies of events are removed."""
    from riskindex.files.whole_folder import STOPS

    def stop(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    with suppress(ValueError):  # only the main thread may ask for signals
        for sign in STOPS:
            if signal.getsignal(sign) is signal.SIG_DFL:  # nohup has a run outlive its terminal
                signal.signal(sign, stop)


def _clear_abandoned(arguments: list[str]) -> None:
    """Remove what killed runs left in each folder that a command may have to do with."""
    from riskindex.files.whole_folder import clear_abandoned

    folders: set[Path] = set()
    with suppress(OSError):  # no folder for temporary files: who needs one will say so
        folders.add(Path(tempfile.gettempdir()))
    for argument in (".", str(_DEMO), *arguments):
        # A folder may stand as --out=result or -oresult; Typer has not read the line yet.
        for name in (argument, argument.partition("=")[2], argument.removeprefix("-o")):
            with suppress(OSError, ValueError):  # any text may stand there
                real = Path(os.path.realpath(name))
                # Beside the result, or above it: there killed runs leave their hidden folders.
                folders |= {real, *real.parents[:2], Path(os.path.abspath(name)).parent}
    for folder in sorted(folders):
        clear_abandoned(folder)


def _say_our_fault(error: Exception) -> None:
    show = getattr(error, "show", None)
    if show is not None:  # typer's own: a wrong option or argument
        show()
        sys.exit(getattr(error, "exit_code", 2))
    # Only when asked for: a traceback may hold rows of restricted tables.
    if os.environ.get("RISKINDEX_TRACEBACK"):
        raise error
    typer.echo(
        f"riskindex: a fault of ours, not of your data: {type(error).__name__}: {error}. "
        "Set RISKINDEX_TRACEBACK=1 for the details; the result folder is as it was.",
        err=True,
    )

"""A value of England, of a force, beside a figure: better, similar or worse by its limits."""

from collections.abc import Iterable, Sequence

import pandas as pd

from riskindex.assessment.options import Benchmark, Figure
from riskindex.assessment.series_rows import series_rows
from riskindex.errors import ConfigError
from riskindex.files.csv_files import capped
from riskindex.statistics.intervals import against_benchmark


def with_benchmark(table: pd.DataFrame, figure: Figure, series: pd.DataFrame) -> pd.DataFrame:
    """The rows with what they are beside a benchmark, by their limits.

    Parameters
    ----------
    table
        Rows of the figure.
    figure
        Whose benchmark it is.
    series
        Tables without areas that the reader may see.

    Raises
    ------
    ConfigError
        The benchmark's series is in another unit than the figure.
    """
    if figure.benchmark is None or "low" not in table:
        return table
    if isinstance(figure.benchmark, Benchmark):
        value, name = _from_series(table, figure, figure.benchmark, series)
    else:
        value = pd.Series(figure.benchmark, table.index)
        name = pd.Series(f"{figure.benchmark_name} {figure.benchmark:g}", table.index)
    # As public-health profiles compare: by whether the interval holds the benchmark, and never by
    # the value alone.
    against = against_benchmark(table["low"], table["high"], value, good=figure.good)
    # A row without a benchmark of its period says so, and is not "not assessed" itself.
    verdict = pd.Series(against, table.index).where(value.notna(), "no value")
    benchmark_note = name + ": " + verdict
    notes = table.get("note", pd.Series("", index=table.index)).fillna("").astype(str)
    return table.assign(note=benchmark_note.where(notes == "", notes + "; " + benchmark_note))


def _from_series(
    table: pd.DataFrame, figure: Figure, benchmark: Benchmark, series: pd.DataFrame
) -> "tuple[pd.Series[float], pd.Series[str]]":
    """For each row the value of the benchmark, and whose it is with its citation."""
    rows = benchmark_rows(series, benchmark)
    # The units stand in the rows: a share of a rate of a share would be a number of nothing.
    units = {unit for unit in table.get("unit", pd.Series("")).dropna() if unit}
    if other := units - set(rows["unit"]) if len(rows) else set():
        raise ConfigError(
            f"figures.{figure.name}: the benchmark of {benchmark.series} is in "
            f"{rows['unit'].iloc[0]}, and the figure in {in_text(other)}. Name a series in the "
            "figure's unit."
        )
    given = table.get("period", pd.Series("", index=table.index)).fillna("").astype(str)
    asked = given if benchmark.period is None else pd.Series(benchmark.period, table.index)
    by_period = rows.set_index("period")
    value = asked.map(by_period["value"]).astype(float)
    cited = (
        asked.map(by_period["note"])
        .astype(object)
        .fillna("")
        .map(lambda note: f" ({note})" if note else "")
    )
    number = value.map(lambda one: "" if pd.isna(one) else f" {one:g}")
    return value, benchmark.place + ", " + asked + number + cited


def benchmark_rows(series: pd.DataFrame, benchmark: Benchmark) -> pd.DataFrame:
    """Rows of a series that a benchmark names, one per period; none where it may not be seen."""
    if series.empty:
        return pd.DataFrame(columns=["period", "value", "unit", "note"])
    of_place = (series["place"] == benchmark.place) & (series["category"] == benchmark.group)
    part = series[(series["series"] == benchmark.series) & of_place]
    return series_rows(part).reindex(columns=["period", "value", "unit", "note"])


def check_benchmarks(figures: Sequence[Figure], series: pd.DataFrame) -> None:
    """Refuse benchmarks whose row no series has.

    Parameters
    ----------
    figures
        Of the config.
    series
        Every series that was read.

    Raises
    ------
    ConfigError
        Place, group or period are in no row; all such figures together.
    """
    faults = []
    for figure in figures:
        benchmark = figure.benchmark
        if not isinstance(benchmark, Benchmark):
            continue
        rows = benchmark_rows(series, benchmark)
        start = f"figures.{figure.name}: {benchmark.series}"
        wanted = benchmark.place + (f", {benchmark.group}" if benchmark.group else "")
        of_series = series[series["series"] == benchmark.series]
        if rows.empty:
            there = in_text(dict.fromkeys(of_series["place"]))
            faults.append(f"{start} has no row of {wanted}; there is {there}.")
        elif benchmark.period is not None and benchmark.period not in set(rows["period"]):
            there = in_text(rows["period"])
            faults.append(f"{start} has no {benchmark.period} of {wanted}; there is {there}.")
    if faults:
        raise ConfigError(capped(faults))


def in_text(names: Iterable[str]) -> str:
    """Some of many names, in a sentence."""
    ordered = list(names)
    return ", ".join(ordered[:9]) + (f" and {len(ordered) - 9:,} more" if len(ordered) > 9 else "")

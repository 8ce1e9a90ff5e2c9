"""Everything that is written of a release, in the order in which it is made."""

from pathlib import Path

from riskindex.outputs.geopackage import write_geopackage
from riskindex.outputs.governance import write_governance
from riskindex.outputs.interactive_map import write_map
from riskindex.outputs.manifest import write_data_package, write_manifest
from riskindex.outputs.needs.page import write_needs
from riskindex.outputs.profiles.page import write_profiles
from riskindex.outputs.report.page import write_report
from riskindex.outputs.star_tables import FOLDER as STAR_FOLDER
from riskindex.outputs.star_tables import write_star
from riskindex.outputs.workbook import write_csv, write_parquet, write_workbook
from riskindex.outputs.workbook_sheets import hotspot_table, list_table, place_table
from riskindex.publication.released import Released
from riskindex.result import Say, silent


def write_every_output(released: Released, out: Path, *, earlier: Path, say: Say = silent) -> None:
    """Write every output of a release into one folder.

    Parameters
    ----------
    released
        What one profile may see.
    out
        The folder, which is there and empty.
    earlier
        Folder with the result that was there before, which the report compares with; it need not
        exist.
    say
        Told the name of each stage as it begins.
    """
    say("Writing the list")
    write_csv(list_table(released), out / "top_areas.csv")
    write_csv(place_table(released), out / "places.csv")
    if len(released.inside):
        write_csv(released.inside, out / "inside_places.csv")
    write_csv(released.all_areas.reset_index(), out / "all_areas.csv")
    if released.profile == "internal":
        # Lines of single events and tests: only who holds the records may have these files.
        write_csv(released.uncounted, out / "uncounted_events.csv")
        write_csv(released.scores.reset_index(), out / "scores.csv")
        write_csv(hotspot_table(released), out / "hotspots.csv")
        if len(released.funnels):
            write_csv(released.funnels, out / "definitions.csv")
        if len(released.apart):
            write_csv(released.apart, out / "sensitive_places.csv")
    say("Writing the figures")
    # Before the data package, which describes the columns of the CSVs that are there.
    write_csv(released.figures, out / "figures.csv")
    write_parquet(released, out / "figures.parquet")
    write_data_package(released, out)
    write_star(released, out / STAR_FOLDER)
    say("Writing the workbook")
    write_workbook(released, out / "workbook.xlsx")
    say("Writing the GIS file")
    write_geopackage(released, out / "areas.gpkg")
    say("Drawing the map")
    write_map(released, out / "map.html")
    say("Writing the report")
    # The earlier folder is still in place while this one is filled; the report says what changed
    # since.
    write_report(released, out / "report.html", earlier=earlier)
    write_governance(released, out / "governance.html")
    if released.document is not None:
        say("Writing the needs assessment")
        write_needs(released, out)
    say("Writing the profiles")
    write_profiles(released, out / "profiles")
    say("Writing the manifest")
    # Last: it holds the hash of every other file.
    write_manifest(released, out)

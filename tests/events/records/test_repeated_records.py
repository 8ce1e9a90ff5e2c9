from event_tables import faults, read, write

MONTH = "date,area,kind\n" + "".join(f"2022-05-{day:02d},E01000001,a\n" for day in range(1, 29))
HEADER = "Crime ID,Month,Longitude,Latitude,LSOA code,Crime type,Falls within\n"


def test_the_same_month_under_two_names_is_refused(tmp_path):
    write(tmp_path, MONTH, "a.csv")
    backwards = "\n".join([MONTH.splitlines()[0], *reversed(MONTH.splitlines()[1:])]) + "\n"
    write(tmp_path, backwards, "b.csv")
    (fault,) = faults(tmp_path, path="*.csv")
    assert "a.csv and b.csv hold the same 28 records of 2022-05, which would be counted" in fault


def test_a_copy_of_the_year_beside_its_months_is_found(tmp_path):
    write(tmp_path, MONTH, "may.csv")
    write(tmp_path, MONTH + MONTH.partition("\n")[2].replace("2022-05", "2022-06"), "year.csv")
    (fault,) = faults(tmp_path, path="*.csv")
    assert "may.csv and year.csv hold the same 28 records of 2022-05" in fault


def test_few_records_may_be_alike_by_chance(tmp_path):
    few = "\n".join(MONTH.splitlines()[:10]) + "\n"
    write(tmp_path, few, "a.csv")
    write(tmp_path, few + "2022-07-01,E01000001,a\n", "b.csv")
    rows, _ = read(tmp_path, path="*.csv")
    assert len(rows) == 19


def test_another_record_makes_another_month(tmp_path):
    write(tmp_path, MONTH, "a.csv")
    write(tmp_path, MONTH.replace("2022-05-01,E01000001,a", "2022-05-01,E01000002,a"), "b.csv")
    assert len(read(tmp_path, path="*.csv")[0]) == 56


def police(folder, *rows):
    from riskindex.events.read import open_events
    from riskindex.events.sources import PoliceSource

    write(folder, HEADER + "".join(rows), "2022-05-essex-street.csv")
    sources = {"p": PoliceSource(kind="police.uk", path="*.csv")}
    with open_events(sources, folder=folder) as opened:
        return opened.notes


def test_rows_alike_in_their_number_are_told_and_others_are_not(tmp_path):
    crime = "{},2022-05,0.5,51.7,E01000001,{},Essex Police\n"
    row = crime.format("abc", "Robbery")
    notes = police(tmp_path, row, row, row, crime.format("def", "Robbery"))
    assert any(
        "3 rows of 2022-05-essex-street.csv (area code E01000001) are alike" in note
        for note in notes
    )
    asb = crime.format("", "Anti-social behaviour")
    assert not any("alike" in note for note in police(tmp_path, asb, asb, row))

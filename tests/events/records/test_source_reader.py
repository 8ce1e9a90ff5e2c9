"""The files of one source, read one after the other into one table."""

from event_tables import TABLE, write
from small_events import source

from riskindex.events.records.find_files import FoundFile
from riskindex.events.records.source_reader import SourceReader
from riskindex.events.records.table import connect
from riskindex.events.sources import layout_of
from riskindex.events.sql import events_table, identifier


def test_faults_of_one_file_do_not_keep_the_next_from_being_read(tmp_path):
    connection = connect()
    reader = SourceReader(connection, "s", layout_of("s", source(), ()), tmp_path)
    write(tmp_path, "<html></html>", "page.csv")
    write(tmp_path, TABLE, "good.csv")
    said = []
    for name in ("page.csv", "good.csv"):
        file = FoundFile(tmp_path / name, name, ())
        record = reader.read(file, said.append)
    reader.finish()
    assert [fault.partition(":")[0] for fault in reader.faults] == ["page.csv"]
    assert said == ["page.csv", "good.csv"]
    rows = f"SELECT count(*) FROM {identifier(events_table('s'))}"
    assert connection.execute(rows).fetchall() == [(record.rows,)]
    assert record.rows == len(TABLE.splitlines()) - 1

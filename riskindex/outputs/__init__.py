"""Writers of what was released: map, report, profiles, workbook, GIS file; and readers."""

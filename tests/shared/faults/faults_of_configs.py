"""Ways to spoil the config: TOML, keys, types, and choices that do not go together."""

from fault_corpus import FIRST, case, config

config(
    "a key that is misspelt",
    "boundaries =",
    "boundary =",
    2,
    "config.toml: areas.boundary: unknown key",
    "did you mean boundaries?",
)
config("a section that is none", "[bases]", "[bosses]", 2, "config.toml: bosses: unknown key")
config(
    "a key of a factor that is misspelt",
    'label = "Crimes"',
    'lable = "Crimes"',
    2,
    "factors.crimes.lable: unknown key",
    "label",
)
config(
    "a key that is missing", 'title = "A small place"', "", 2, "config.toml: title: field required"
)
config("a source without a kind", 'kind = "events"', "", 2, "config.toml: sources.crimes", "kind")
config(
    "a kind that is none",
    'kind = "events"',
    'kind = "event"',
    2,
    "sources.crimes.kind",
    "no 'event'",
    "known: counts, events",
)
config(
    "a method that is none",
    '"window"',
    '"windows"',
    2,
    "factors.crimes.method",
    "'window'",
    "not 'windows'",
)
config(
    "a number for a text",
    'place = "the place"',
    "place = 3",
    2,
    "config.toml: place: input should be a valid string, not 3",
)
config(
    "a text for a number",
    "threshold = 0.25",
    'threshold = "a quarter"',
    2,
    "factors.work.threshold",
    "valid number",
    "'a quarter'",
)
config(
    "a text for a list", "periods = [2021, 2022]", 'periods = "2022"', 2, "factors.crimes.periods"
)
config("a list for a text", 'title = "A small place"', 'title = ["A"]', 2, "config.toml: title")
config(
    "a truth value for a number",
    "threshold = 0.25",
    "threshold = true",
    2,
    "factors.work: the threshold 1 ",
)
config(
    "a number that is none", "threshold = 0.25", "threshold = nan", 2, "factors.work", "threshold"
)
config(
    "an infinite weight",
    'score = "flag"',
    'score = "flag"\nweight = inf',
    2,
    "factors.work: the weight inf",
)
config(
    "a negative weight",
    'score = "flag"',
    'score = "flag"\nweight = -1',
    2,
    "factors.work: the weight -1.0 must be a number from 0",
)
config("a weight of nothing", 'score = "flag"', 'score = "flag"\nweight = 0', 0)
case(
    "weights that add up to nothing",
    lambda p: [
        p.change("config.toml", f'score = "{score}"', f'score = "{score}"\nweight = 0')
        for score in ("flag", "confidence")
    ],
    2,
    "the weights add up to zero",
    "set one above 0",
)
config(
    "a quote that is not closed",
    'title = "A small place"',
    'title = "A small place',
    2,
    "config.toml: not valid TOML",
    "line 2",
)
config(
    "a key given twice",
    'place = "the place"',
    'place = "a"\nplace = "b"',
    2,
    "config.toml: not valid TOML",
    "line 4",
)
config(
    "a path with backslashes",
    '"crimes.csv"',
    '"C:\\data\\crimes.csv"',
    2,
    "config.toml: not valid TOML",
    "backslash",
    "single quotes",
)
config(
    "a level of 95",
    'score = "flag"',
    'score = "flag"\nlevel = 95',
    2,
    "factors.work: the level 95.0 must lie between 0 and 1",
)
config(
    "a threshold in per cent",
    "threshold = 0.25",
    "threshold = 25",
    2,
    "factors.work: the threshold 25",
    "25% is 0.25",
)
config(
    "two factors of one name",
    'name = "work"',
    'name = "crimes"',
    2,
    "the name 'crimes' is used 2 times",
)
config("a name with a blank", 'name = "work"', 'name = "out of work"', 2, "must be letters, digits")
config("a factor without a source", 'source = "people"', 'source = "nobody"', 2, "nobody", "people")
config(
    "a column that the source does not name",
    'numerator = "out_of_work"',
    'numerator = "idle"',
    2,
    "people has no column 'idle'",
    "out_of_work",
)
config(
    "a base that is none",
    'exposure = "residents"',
    'exposure = "people"',
    2,
    "factors.crimes: exposure: no base 'people'",
    "residents",
)
config(
    "a base of no table",
    '"people.residents"',
    '"persons.residents"',
    2,
    "bases.residents",
    "people",
)
config(
    "a base with the name of a group",
    'residents = "people.residents"',
    'residents = "people.residents"\ndistrict = "people.residents"',
    2,
    "'district' is the name of a group already",
)
config(
    "a group with a name in use", "{ district =", "{ geometry =", 2, "'geometry'", "choose another"
)
config(
    "a normalisation that is none",
    'score = "flag"',
    'score = "value"\nnormalise = "minmax"',
    2,
    "factors.work: normalise: no 'minmax'",
    "min-max",
)
config(
    "a period that is none",
    "[2021, 2022]",
    '["2021", "2022-Q5"]',
    2,
    "factors.crimes: periods",
    "'2022-Q5'",
    "write it as 2022",
)
config(
    "periods in the wrong order",
    "[2021, 2022]",
    "[2022, 2021]",
    2,
    "factors.crimes: periods: write the periods from the first to the last: 2021, 2022",
)
config(
    "a period given twice",
    "[2021, 2022]",
    "[2022, 2022]",
    2,
    "factors.crimes: periods",
    "share months",
    "Leave one out",
)
config("no periods", "[2021, 2022]", "[]", 2, "factors.crimes: events need periods")
config(
    "a rule with a slip",
    '["theft", "fire"]',
    '["thefts", "fire"]',
    2,
    "crimes: where: no record has 'thefts' in the column 'kind'",
    "did you mean 'theft'?",
)
config(
    "a rule that no record meets",
    '["theft", "fire"]',
    '["theft", "fire", "piracy"]',
    0,
    "no record has 'piracy' in the column 'kind'",
    counted=240,
)
config(
    "a date format that is none",
    'date = "date"',
    'date = "date"\ndate_format = "dd/mm/yyyy %Q"',
    2,
    "sources.crimes: date_format 'dd/mm/yyyy %Q' is none",
    "%d/%m/%Y",
)
config(
    "one coordinate alone",
    'area = "area"',
    'area = "area"\nx = "lon"',
    2,
    "sources.crimes: x and y belong together",
)
config(
    "events without a place",
    'area = "area"',
    "",
    2,
    "sources.crimes: name the column area, x and y, point, or postcode",
)
config(
    "events in a coordinate system that is none",
    'area = "area"',
    'area = "area"\ncrs = "BNG?"',
    2,
    "sources.crimes: crs 'BNG?' is not known",
)
config(
    "a district that is not there",
    'code = "code"\nname = "name"',
    'code = "code"\nname = "name"\nwithin = { district = ["Nowhere"] }',
    2,
    "areas.within.district: no area is in Nowhere",
)


def _selection(name: str, lines: str, code: int, *says: str) -> None:
    config(name, "[bases]", f"[selection]\n{lines}\n[bases]", code, *says)


_selection(
    "a share in per cent", "share = 5", 2, "selection.share: 5 must be above 0", "5% is 0.05"
)
_selection(
    "a share and a number",
    "share = 0.1\nnumber = 3",
    2,
    "config.toml: selection: share and number are both given",
    "leave one of them out",
)
_selection("no area at all", "number = 0", 2, "selection.number: 0 must be 1 or more")
_selection("half an area", "number = 2.5", 2, "selection.number", "2.5")
_selection(
    "a minimum for groups that are not there",
    'minimum_per_group = 1\ngroup = "ward"',
    2,
    "selection.minimum_per_group: no area has a 'ward'",
)
_selection(
    "an override of an area that is not there",
    'overrides = [{ area_code = "E01999999", action = "in", reason = "known" }]',
    2,
    "selection.overrides: no area has the code 'E01999999'",
)
_selection(
    "an override without a reason",
    f'overrides = [{{ area_code = "{FIRST}", action = "in", reason = " " }}]',
    2,
    "selection.overrides: E01020001 needs a reason",
)
_selection(
    "an override of no known kind",
    f'overrides = [{{ area_code = "{FIRST}", action = "add", reason = "x" }}]',
    2,
    "selection.overrides",
    "action",
    "'in' or 'out'",
)


def _neighbours(name: str, lines: str, code: int, *says: str) -> None:
    config(name, "[bases]", f"[neighbours]\n{lines}\n[bases]", code, *says)


_neighbours("a negative snap", "snap = -1", 2, "neighbours.snap: -1.0 must be metres of 0 or more")
_neighbours("an infinite snap", "snap = inf", 2, "neighbours.snap: inf must be metres")
_neighbours("no neighbours", 'method = "nearest"\nk = 0', 2, "neighbours.k: 0 must be 1 or more")
_neighbours(
    "more neighbours than areas",
    'method = "nearest"\nk = 12',
    3,
    "neighbours.k: 12 neighbours are asked for, and must be fewer than the 12 areas",
)
_neighbours("a distance that is not given", 'method = "distance"', 2, "neighbours.distance")
_neighbours(
    "a distance of nothing", 'method = "distance"\ndistance = 0', 2, "neighbours.distance: 0.0"
)

config(
    "a weight for a group that no factor is in",
    "[bases]",
    "[index.groups]\ncrime = 2\n[bases]",
    2,
    "index.groups: no factor is in the group 'crime'",
)
case(
    "a config in UTF-16",
    lambda p: p.write("config.toml", p.text("config.toml").encode("utf-16")),
    3,
    "config.toml: written in UTF-16",
    "Save it as UTF-8",
)
case(
    "a config with a byte-order mark",
    lambda p: p.write("config.toml", b"\xef\xbb\xbf" + p.text("config.toml").encode()),
    0,
)
case(
    "an empty config", lambda p: p.write("config.toml", ""), 2, "config.toml: title: field required"
)
case(
    "a config that is not there",
    lambda p: (p.folder / "config.toml").unlink(),
    3,
    "config.toml",
    "cannot be read",
)
case(
    "a config that is a folder",
    lambda p: ((p.folder / "config.toml").unlink(), (p.folder / "config.toml").mkdir()),
    3,
    "config.toml",
    "cannot be read",
)

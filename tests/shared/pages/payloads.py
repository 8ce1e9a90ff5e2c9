"""Text that would act if it were taken for more than text, and a county that is full of it.

Each payload that runs leaves a mark: a global `hit`, a dialog, a request, another title.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fault_corpus import feature

ACTS = (
    "window.hit=1",
    "alert(1)",
    "document.title='hit'",
    "fetch('http://evil.example/')",
    "location='http://evil.example/'",
)
ELEMENTS = (
    "<script>{0}</script>",
    '<img src=x onerror="{0}">',
    '<svg onload="{0}">',
    "</title><script>{0}</script>",
    "</script><script>{0}</script>",
    "</style><script>{0}</script>",
    "</textarea><script>{0}</script>",
    "--><script>{0}</script><!--",
    "]]><script>{0}</script>",
    '"><script>{0}</script>',
    "'><script>{0}</script>",
    '" onmouseover="{0}" x="',
    "' onfocus='{0}' autofocus x='",
    "javascript:{0}",
    '<a href="javascript:{0}">click</a>',
    '<iframe srcdoc="<script>{0}</script>"></iframe>',
    '<iframe src="javascript:{0}"></iframe>',
    '<details open ontoggle="{0}">',
    '<body onload="{0}">',
    "<math><mtext><img src=x onerror={0}>",
    "&lt;script&gt;{0}&lt;/script&gt;",
    "\\u003cscript\\u003e{0}\\u003c/script\\u003e",
    "</svg><script>{0}</script>",
    "<style>@import 'http://evil.example/';</style><p onclick=\"{0}\">",
)
SIGNS = ("=", "+", "-", "@", "\t=", "\r=", "\n=", "＝", "＋", " =")
FORMULAE = (
    "1+1",
    "cmd|' /C calc'!A0",
    'HYPERLINK("http://evil.example","x")',
    "SUM(A1:A9)*cmd|'/C'!A0",
    'WEBSERVICE("http://evil.example")',
)
OTHERS = (
    "[x](javascript:alert(1))",
    "$$note$$",
    "$\\frac{1}{0}$",
    "$x^{$",
    "\\input{/etc/passwd}",
    "http://evil.example",
    "mailto:a@b.example",
    "external:c:\\evil.xlsx",
    "internal:'All areas'!A1",
    "{{ 7 * 7 }}",
    "${alert(1)}",
    "{% raw %}",
    "%s%n%x",
    '&Cfooter&"Arial"&99',
    "_x0041_",
    "#REF!",
    "../../etc/passwd",
    "CON",
    "West \u202egnitnuoc\u202c 1,234",
    "\x1b[31mred\x1b[0m",
    "bell\x07",
    "[bold]markup[/bold]",
    "[/]",
    "'; DROP TABLE areas; --",
    '" OR ""="',
    "__proto__",
    "constructor",
    "a\r\nb",
    "\u2028line\u2029",
    "\ufeffmark",
)
PAYLOADS = tuple(
    [element.format(act) for element in ELEMENTS for act in ACTS]
    + [sign + formula for sign in SIGNS for formula in FORMULAE]
    + list(OTHERS)
)
"""Two hundred of them."""
CODES = [f"E0103{k:04d}" for k in range(1, len(PAYLOADS) + 1)]
HIT = 8
"""Areas where much happens, so that there are a list, clusters and reasons."""


def of_a_kind(text: str, most: int = 100) -> list[str]:
    """Payloads that hold a text, for a place that takes a few."""
    return [payload for payload in PAYLOADS if text in payload][:most]


def write_county(folder: Path) -> dict[str, Any]:
    """A county whose every text acts if it can; the config that reads it, as a dictionary."""
    _write_areas(folder)
    crimes, people = '"><img src=x onerror=alert(1)>.csv', "=1+1 'people'.csv"
    (folder / people).write_text(_table(_people()), encoding="utf-8", newline="")
    (folder / crimes.replace("/", "")).write_text(_table(_crimes()), encoding="utf-8", newline="")
    return _config(crimes, people)


def _write_areas(folder: Path) -> None:
    features = []
    for k, (code, payload) in enumerate(zip(CODES, PAYLOADS, strict=True)):
        x, y = round(0.5 + 0.02 * (k % 20), 6), round(51.6 + 0.015 * (k // 20), 6)
        e, n = round(x + 0.02, 6), round(y + 0.015, 6)
        ring = [[x, y], [e, y], [e, n], [x, n], [x, y]]
        kinds = {"ward": PAYLOADS[(k * 7) % len(PAYLOADS)], "district": DISTRICTS[k % 20 // 4]}
        features.append(feature(code, ring, **kinds, name=payload))
    document = {"type": "FeatureCollection", "features": features}
    (folder / "areas.geojson").write_text(json.dumps(document), encoding="utf-8")


DISTRICTS = (
    "</title><script>window.hit=1</script>",
    "=cmd|' /C calc'!A0",
    "../../etc/passwd",
    '<svg onload="alert(1)">',
    '" onfocus="window.hit=1" autofocus x="',
)
KINDS = ("<script>window.hit=1</script>", "=SUM(A1:A9)")
"""What is counted, as the column of the events has it."""
SEXES, AGES = ("=F", "<b onclick=alert(1)>M"), ("<i>10-17", "+18-24", "@25")
COLUMN = '<img src=x onerror="window.hit=1">'
SHORT = "<img src=x onerror=alert(1)>"  # a dot would stand between a source and its column


def _people() -> list[list[object]]:
    rows = [[code, 1500 + 7 * (k % 50), 300 + (k * 37) % 400] for k, code in enumerate(CODES)]
    return [["code", "=residents", COLUMN], *rows]


def _crimes() -> list[list[object]]:
    rows: list[list[object]] = [["ref", "date", "area", "@kind", "sex", "age"]]
    for k, code in enumerate(CODES):
        times = 40 if k % 20 < 2 and k // 20 < HIT // 2 else 2 + k % 3
        for year in (2020, 2021, 2022):
            for j in range(times):
                date = f"{year}-{j % 12 + 1:02d}-{k % 28 + 1:02d}"
                texts = KINDS[j % 2], SEXES[j % 2], AGES[j % 3]
                rows.append([f"=r{len(rows)}", date, code, *texts])
    rows += [[f"@x{k}", "2022-05-05", "", *(KINDS[0], SEXES[0], AGES[0])] for k in range(4)]
    return rows


def _table(rows: Sequence[Sequence[object]]) -> str:
    quoted = (",".join('"' + str(cell).replace('"', '""') + '"' for cell in row) for row in rows)
    return "\n".join(quoted) + "\n"


def _factors(events: str, table: str, idle: dict[str, str]) -> list[dict[str, Any]]:
    tested = {"method": "window", "exposure": "=base", "periods": [2020, 2021, 2022]}
    groups = [
        {"label": "=1+1", "source": events, "where": {"@kind": [KINDS[0]]}},
        {"label": "<svg onload=alert(1)>", "source": events, "where": {"@kind": [KINDS[1]]}},
    ]
    return [
        {
            "name": "crimes",
            "label": PAYLOADS[2],
            "source": events,
            "score": "persistence",
            "scan": True,
            **tested,
        },
        {
            "name": "sorts",
            "label": PAYLOADS[121],
            "event_groups": groups,
            "score": "confidence",
            **tested,
        },
        {
            "name": "work",
            "label": "$x^{$ [a](javascript:alert(1))",
            "source": table,
            **idle,
            "method": "threshold",
            "threshold": 0.4,
            "score": "flag",
        },
    ]


def _config(crimes: str, people: str) -> dict[str, Any]:
    events, table = "</script><script>window.hit=1</script>", '=HYPERLINK("x","y")'
    idle = {"numerator": SHORT, "denominator": "=residents"}
    return {
        "title": PAYLOADS[1] + "\x1b[31m",
        "place": PAYLOADS[9],
        "whole": "<b>county</b>",
        "about": PAYLOADS[17],
        "attribution": list(PAYLOADS[:25] + PAYLOADS[120:]),
        "areas": {
            "boundaries": "areas.geojson",
            "code": "code",
            "name": "name",
            "groups": {"district": "district", "<img src=x onerror=alert(1)>": "ward"},
        },
        "bases": {"=base": f"{table}.=residents"},
        "sources": {
            events: {
                "kind": "events",
                "path": crimes,
                "date": "date",
                "area": "area",
                "key": "ref",
                "sex": "sex",
                "age": "age",
            },
            table: {
                "kind": "table",
                "path": people,
                "code": "code",
                "columns": {"=residents": "=residents", SHORT: COLUMN},
                "protection": "open",
                "address": PAYLOADS[3],
                "licence": PAYLOADS[122],
            },
        },
        "shares": {"<b>share</b>": {k: f"{table}.{v}" for k, v in idle.items()}},
        "factors": _factors(events, table, idle),
        "release": {"key": "release.key"},
        "selection": {
            "number": 20,
            "overrides": [
                {"area_code": CODES[-1], "action": "in", "reason": PAYLOADS[0]},
                {"area_code": CODES[-2], "action": "in", "reason": "=1+1"},
            ],
        },
    }

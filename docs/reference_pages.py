"""Pages of reference that follow from the code: config words, commands, columns, public names."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import typer

import riskindex
from riskindex.cli import app
from riskindex.config_schema import schema
from riskindex.publication.data_dictionary import TABLES

Node = Mapping[str, Any]

TABLES_OF_CONFIG = {
    "Config": "The top of the file",
    "AreaSource": "[areas]",
    "GroupLookup": "[[areas.lookups]] and [areas.elsewhere]",
    "Vintage": "[areas.vintage]",
    "Neighbours": "[neighbours]",
    "Periods": "[periods]",
    "EventSource": '[sources.NAME] with kind = "events"',
    "PoliceSource": '[sources.NAME] with kind = "police.uk"',
    "TableSource": '[sources.NAME] with kind = "table"',
    "SeriesSource": '[sources.NAME] with kind = "series"',
    "WarehouseSource": '[sources.NAME] with kind = "warehouse"',
    "Coverage": "[sources.NAME.coverage]",
    "Inventory": "[sources.NAME.coverage.inventory]",
    "Definition": "[definitions.NAME]",
    "Clause": "Clauses of a definition",
    "Factor": "[[factors]]",
    "EventGroup": "[factors.event_groups.NAME]",
    "GetisOrd": "[factors.getis_ord]",
    "Share": "[shares.NAME]",
    "Measure": "[measures.NAME]",
    "Figure": "[[figures]]",
    "OtherRecords": "[[figures.records]]",
    "Benchmark": "[figures.benchmark]",
    "Index": "[index]",
    "Selection": "[selection]",
    "Override": "[[selection.overrides]]",
    "Robustness": "[robustness]",
    "PlaceRules": "[places]",
    "MapOptions": "[map]",
    "ContextLayer": "[[map.context]]",
    "Plan": "[plan]",
    "Release": "[release]",
}
"""Options in the order of a config, each with its heading there; further ones follow by name."""


def write_reference(folder: Path, public_names: Iterable[str]) -> None:
    """Write the pages that follow from the code into a folder of the site."""
    pages = {
        "config.md": config_page(),
        "commands.md": commands_page(),
        "outputs.md": outputs_page(),
        "python.md": python_page(public_names),
    }
    _write_pages(pages, folder)


def write_notebooks(notebooks: Path, folder: Path) -> None:
    """Write the notebooks into a folder of the site, below which all its pages must lie."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in notebooks.glob("*.ipynb")}
    # Links work in a checkout, too, where the notebooks lie beside the pages and not among them.
    _write_pages({n: text.replace("(../docs/", "(../") for n, text in texts.items()}, folder)


def _write_pages(pages: Mapping[str, str], folder: Path) -> None:
    folder.mkdir(exist_ok=True)  # a fresh clone has none
    for name, text in pages.items():
        path = folder / name
        # An unchanged page keeps its date, so that a second build has nothing to do.
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")


def config_page() -> str:
    """Every word of a config: what it takes, its default, what it means, which preset says it."""
    document = schema()
    options = document["$defs"] | {"Config": document}
    order = [*TABLES_OF_CONFIG, *(name for name in options if name not in TABLES_OF_CONFIG)]
    parts = [_CONFIG_HEAD]
    for name in (name for name in order if "properties" in options.get(name, {})):
        parts.append(f"## {TABLES_OF_CONFIG.get(name, name)}\n\n{_first_line(options[name])}\n")
        parts.append("\n".join(_config_rows(name, options[name])) + "\n")
    return "\n".join(parts)


_CONFIG_HEAD = """# Every word of a config

A config is one TOML file. `riskindex new PRESET my.toml` writes a commented one to start from, and
`riskindex schema` prints the JSON schema that this page is made of, for editors. A key that is not
known is refused with the nearest one that is.
"""


def _config_rows(name: str, node: Node) -> Iterator[str]:
    required = set(node.get("required", ()))
    yield "| key | takes | default | meaning | said in |\n|:--|:--|:--|:--|:--|"
    for key, value in node["properties"].items():
        default = "must be given" if key in required else _default(value.get("default"))
        presets = ", ".join(_said().get((name, key), ()))
        meaning = _cell(value.get("description", ""))
        yield f"| `{key}` | {_cell(_taken(value))} | {default} | {meaning} | {presets} |"


def _taken(node: Node) -> str:
    """What a key takes, in words."""
    if "enum" in node:
        return ", ".join(f"`{word}`" for word in node["enum"])
    if "const" in node:
        return f"`{node['const']}`"
    if "anyOf" in node or "oneOf" in node:
        kinds = [
            _taken(n) for n in node.get("anyOf", node.get("oneOf", ())) if n.get("type") != "null"
        ]
        return ", or ".join(dict.fromkeys(kinds))
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        return f"a table: {TABLES_OF_CONFIG.get(name, name)}"
    if node.get("type") == "array":
        return f"a list of {_taken(node['items'])}" if "items" in node else "a list"
    kinds = node.get("type", "")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return ", or ".join(_TYPES.get(kind, "any value") for kind in kinds)


_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a table",
}


def _default(value: object) -> str:
    if value is None or value in ({}, []):
        return "none"
    if isinstance(value, Mapping):
        return "see its table"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


@cache
def _said() -> dict[tuple[str, str], list[str]]:
    """Option and key to the presets that say it."""
    document = schema()
    said: dict[tuple[str, str], list[str]] = {}
    entries = sorted(resources.files("riskindex.presets").iterdir(), key=lambda entry: entry.name)
    for entry in (entry for entry in entries if entry.name.endswith(".toml")):
        values = tomllib.loads(entry.read_text("utf-8"))
        for place in dict.fromkeys(_places(document, "Config", document, values)):
            said.setdefault(place, []).append(Path(entry.name).stem)
    return said


def _places(document: Node, name: str, node: Node, value: Any) -> Iterator[tuple[str, str]]:
    """Option and key of everything that a part of a config says."""
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        node = document["$defs"][name]
    for choice in (*node.get("anyOf", ()), *node.get("oneOf", ())):
        yield from _places(document, name, choice, value)
    if isinstance(value, list):
        for entry in value:
            yield from _places(document, name, node.get("items", {}), entry)
    elif isinstance(value, Mapping) and _fits(node, value):
        for key, part in value.items():
            properties = node.get("properties", {})
            if key in properties:
                yield name, key
            inner = properties.get(key, node.get("additionalProperties", {}))
            yield from _places(document, name, inner if isinstance(inner, Mapping) else {}, part)


def _fits(node: Node, value: Node) -> bool:
    """Whether a table of a config is of the kind of source that a node describes."""
    kind = node.get("properties", {}).get("kind", {})
    return kind.get("const", value.get("kind")) == value.get("kind")


def commands_page() -> str:
    """Every command with its arguments, options and exit codes."""
    parts = ["# Commands\n\n" + _EXIT_CODES]
    for name, command in typer.main.get_command(app).commands.items():
        arguments = [p for p in command.params if p.param_type_name == "argument"]
        words = " ".join(["riskindex", name, *(_argument(p) for p in arguments)])
        parts.append(f"## riskindex {name}\n\n{command.help}\n\n```sh\n{words}\n```\n")
        if rows := [_parameter_row(p) for p in command.params]:
            parts.append("| | meaning |\n|:--|:--|\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


_EXIT_CODES = """`riskindex COMMAND --help` says the same on the screen.

## Exit codes

| code | what it means |
|--:|:--|
| 0 | done |
| 1 | a fault of ours: please report it; `RISKINDEX_TRACEBACK=1` shows the details |
| 2 | the config or the options ask for what does not exist or does not fit together |
| 3 | a file or its values: what is wrong stands with file, row, column and what to do |
| 4 | a release was refused because it would disclose |
| 130 | stopped by Ctrl-C; the result folder is as it was |
"""


def _argument(parameter: Any) -> str:
    name = parameter.metavar or parameter.name.upper()
    return name if parameter.required else f"[{name}]"


def _parameter_row(parameter: Any) -> str:
    spelled = [_argument(parameter)] if parameter.param_type_name == "argument" else parameter.opts
    names = ", ".join(f"`{word}`" for word in spelled)
    return f"| {names} | {_cell(parameter.help or '')} |"


def outputs_page() -> str:
    """Every table that a result holds, column by column."""
    parts = [_OUTPUTS_HEAD]
    for name, (title, columns, key) in TABLES.items():
        named = ", ".join(f"`{column}`" for column in key)
        rows = [
            f"| `{c}` | {v.type} | {_cell(v.unit)} | {_cell(v.meaning)} |"
            for c, v in columns.items()
        ]
        parts.append(
            f"## {name}\n\n{title}."
            + (f" A row is named by {named}." if named else "")
            + "\n\n| column | type | unit | meaning |\n|:--|:--|:--|:--|\n"
            + "\n".join(rows)
            + "\n"
        )
    return "\n".join(parts)


_OUTPUTS_HEAD = """# The data dictionary: every column of every table

`datapackage.json` in a result says the same for the tables that this result holds, as a
Frictionless data package. A table may leave columns out: those that others may not have, and those
of groups that the areas do not have. Columns of groups (district, ward and the like) stand in the
tables of areas under the names that the config gives them.
"""


def python_page(public_names: Iterable[str]) -> str:
    """Every public name of the package, from its docstring."""
    parts = ["# The Python API\n\nPublic names load on first use: `import riskindex` is quick.\n"]
    for name in sorted(public_names, key=str.lower):
        value = getattr(riskindex, name)
        if isinstance(value, str):
            continue
        kind = "autoclass" if isinstance(value, type) else "autofunction"
        members = "\n   :members:\n" if kind == "autoclass" else ""
        parts.append(f"## {name}\n\n```{{eval-rst}}\n.. {kind}:: riskindex.{name}{members}\n```\n")
    return "\n".join(parts)


def _first_line(node: Node) -> str:
    return str(node.get("description", "")).split("\n\n", maxsplit=1)[0].replace("\n", " ")


def _cell(text: str) -> str:
    return " ".join(str(text).replace("|", "\\|").split())

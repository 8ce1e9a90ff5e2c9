"""The site of the documentation: `python -m sphinx -W docs site`, without a network."""

import sys
from pathlib import Path

from sphinx.application import Sphinx

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from reference_pages import write_notebooks, write_reference  # noqa: E402 (found beside this file)

from riskindex import __all__ as public_names  # noqa: E402

project = "riskindex"
author = "riskindex"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["notebooks/.ipynb_checkpoints"]
root_doc = "index"
default_role = "code"

# Notebooks are executed by the tests; a build of the site shows what they say and runs nothing.
nb_execution_mode = "off"
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
# A word of one option may be that of another as well; such a word is no link.
suppress_warnings = ["mystnb.unknown_mime_type", "ref.python"]
autodoc_typehints = "description"
napoleon_google_docstring = False
napoleon_use_rtype = False

html_theme = "pydata_sphinx_theme"
html_title = "riskindex"
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "show_prev_next": False,
    "secondary_sidebar_items": ["page-toc"],
    "navbar_center": [],
    "navbar_end": ["theme-switcher"],
}
# Every page at the left of every page: a bar at the top had room for five.
html_sidebars = {"**": ["globaltoc"]}


def setup(app: Sphinx) -> None:
    """Let links to the benchmarks work on the site as they do in a checkout."""
    app.connect("source-read", _benchmarks_on_the_site)


def _benchmarks_on_the_site(_app: Sphinx, _page: str, source: list[str]) -> None:
    source[0] = source[0].replace("(../benchmarks/README.md", "(benchmarks.md")


# Pages that follow from the code are written anew with each build, so that they cannot fall behind.
write_reference(HERE / "reference", public_names)
write_notebooks(HERE.parent / "notebooks", HERE / "notebooks")

"""Sphinx's settings for the site; the folder it reads is written by `assemble`."""

import re
from pathlib import Path

project = "autograd-core"
author = "the authors of autograd-core"
copyright = author
extensions = ["myst_nb", "notebooks.site.formulas"]
html_math_renderer = "mathml"

nb_execution_mode = (
    "off"  # the lessons are executed when they are written, with `python -m notebooks NN --write`
)
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
suppress_warnings = ["mystnb.unknown_mime_type", "myst.header", "misc.highlighting_failure"]
myst_update_mathjax = False

html_theme = "pydata_sphinx_theme"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_extra_path = ["play"]
html_show_sourcelink = False
html_copy_source = False
html_show_copyright = False
html_theme_options = {
    "navigation_with_keys": False,
    "show_toc_level": 1,
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "footer_start": [],
    "footer_end": [],
    "show_prev_next": True,
}
html_context = {"default_mode": "auto"}
html_sidebars = {"index": [], "playground": [], "gallery": []}
toc_object_entries = False

_version = Path(__file__).parent / "version.txt"  # written by `assemble`
release = re.sub(r"\s", "", _version.read_text(encoding="utf-8")) if _version.exists() else ""

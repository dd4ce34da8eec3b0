"""The site of the course: `python -m notebooks.site` (or `make site`) builds it into build/site. Nothing is executed.

assemble.py   the source that Sphinx reads, in build/site-source: these pages, the executed lessons, gallery, reference
reference.py  the reference: a page for each public module, from the docstrings
formulas.py   formulas as MathML, so that pages need no network
conf.py       Sphinx's settings
index.md, playground.md, howto/   pages written by hand
play.html     a small network in the browser: play.js computes, play-page.js shows
"""

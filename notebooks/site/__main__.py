"""python -m notebooks.site: the site, from its sources to build/site. A warning of Sphinx's is an error."""

import shutil
import subprocess
import sys

from .assemble import ROOT, assemble

source, target = ROOT / "build" / "site-source", ROOT / "build" / "site"
assemble(source)
shutil.rmtree(target, ignore_errors=True)
command = [
    sys.executable,
    "-m",
    "sphinx",
    "-W",
    "--keep-going",
    "-q",
    "-b",
    "html",
    str(source),
    str(target),
    *sys.argv[1:],
]
code = subprocess.run(command, check=False).returncode
if code == 0:
    print(
        f"the site is in {target.relative_to(ROOT)}: open {target.relative_to(ROOT) / 'index.html'}"
    )
sys.exit(code)

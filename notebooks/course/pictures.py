"""Pictures with a text for those who do not see them: `show` a figure, and `frames`, which move.

Everything is inside the output: no file, no server, nothing from the network.
"""

from __future__ import annotations

import base64
import io
import json
import struct
import sys
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 84


def png(figure: Figure, dpi: int = DPI, **options: Any) -> bytes:
    """A figure as the bytes of a PNG of 256 colours, a third as large as with all."""
    from PIL import Image

    drawn, packed = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=dpi, facecolor="white", **options)
    image = Image.open(drawn).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    image.save(packed, "PNG", optimize=True)
    return packed.getvalue()


def show(figure: Figure, alt: str) -> None:
    """Show a figure with `alt`, a sentence that says what is seen in it."""
    from matplotlib import pyplot

    if not alt.strip():
        raise ValueError("show: alt is empty; say in one sentence what the figure shows")
    data = png(figure, bbox_inches="tight", pad_inches=0.08)
    pyplot.close(figure)
    ipython = sys.modules.get("IPython")
    if (
        ipython is not None and ipython.get_ipython() is not None
    ):  # the lessons also run as plain programs
        ipython.display.display(ipython.display.Image(data=data, format="png", alt=alt))


class Frames:
    """Pictures in a row: a notebook shows them with a slider and a play button, a host without scripts the first one."""

    def __init__(self, pictures: list[bytes], captions: list[str], alt: str, seconds: float):
        self.pictures, self.captions, self.alt, self.seconds = pictures, captions, alt, seconds

    def __len__(self) -> int:
        return len(self.pictures)

    def __repr__(self) -> str:
        return f"<{len(self)} frames: {self.alt}>"

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        encoded = [base64.b64encode(picture).decode() for picture in self.pictures]
        data = {"text/html": self._html(encoded), "image/png": encoded[0], "text/plain": repr(self)}
        return data, {"image/png": {"alt": self.alt}}

    def _html(self, encoded: list[str]) -> str:
        width, _ = struct.unpack(">II", self.pictures[0][16:24])  # from the header of the PNG
        data = json.dumps({"pictures": encoded, "captions": self.captions, "seconds": self.seconds})
        return PAGE.format(
            width=width,
            first=encoded[0],
            alt=escape(self.alt),
            count=len(self),
            caption=escape(self.captions[0]),
            data=data.replace("<", "\\u003c"),
            script=SCRIPT,
        )


def frames(
    pictures: Sequence[Figure | bytes],
    captions: Sequence[str] | None = None,
    *,
    alt: str,
    seconds: float = 0.5,
) -> Frames:
    """Pictures as one output with a slider and a play button.

    pictures: figures, which are closed, or PNG files as bytes, all of one size.
    captions: a line of text for each.
    alt: a sentence that says what is seen.
    seconds: how long each is shown while it plays.
    """
    if not pictures:
        raise ValueError("frames: there is no picture; give at least one figure")
    captions = [""] * len(pictures) if captions is None else [str(caption) for caption in captions]
    if len(captions) != len(pictures):
        raise ValueError(
            f"frames: {len(pictures)} pictures and {len(captions)} captions; give one for each"
        )
    if not alt.strip():
        raise ValueError("frames: alt is empty; say in one sentence what the pictures show")
    from matplotlib import pyplot

    data = []
    for picture in pictures:
        data.append(picture if isinstance(picture, bytes) else png(picture, 72))
        if not isinstance(picture, bytes):
            pyplot.close(picture)
    sizes = {picture[16:24] for picture in data}
    if len(sizes) > 1:
        raise ValueError(
            "frames: the pictures differ in size; make all figures with one figsize and layout"
        )
    return Frames(data, captions, alt, seconds)


PAGE = """<div class="course-frames" tabindex="0" style="max-width:{width}px">
<img src="data:image/png;base64,{first}" alt="{alt}" style="max-width:100%;background:white">
<div class="course-frames-bar" style="display:none;gap:8px;align-items:center;font:13px sans-serif">
<button type="button" aria-label="play" style="width:3em">&#9654;</button>
<input type="range" min="1" max="{count}" value="1" aria-label="frame" style="flex:1">
<span style="min-width:4.5em;text-align:right">1 / {count}</span>
</div>
<div class="course-frames-caption" style="font:13px sans-serif;min-height:1.4em">{caption}</div>
<script type="application/json">{data}</script>
<script>{script}</script>
</div>"""

SCRIPT = """
document.querySelectorAll('.course-frames:not([data-ready])').forEach(function (root) {
  root.setAttribute('data-ready', '');
  var data = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
  var image = root.querySelector('img'), slider = root.querySelector('input'), button = root.querySelector('button');
  var at = 0, timer = null;
  root.querySelector('.course-frames-bar').style.display = 'flex';
  function show(i) {
    at = Math.max(0, Math.min(data.pictures.length - 1, i));
    image.src = 'data:image/png;base64,' + data.pictures[at];
    slider.value = at + 1;
    root.querySelector('span').textContent = (at + 1) + ' / ' + data.pictures.length;
    root.querySelector('.course-frames-caption').textContent = data.captions[at];
  }
  function stop() {
    clearInterval(timer);
    timer = null;
    button.textContent = '\\u25B6';
    button.setAttribute('aria-label', 'play');
  }
  button.addEventListener('click', function () {
    if (timer) return stop();
    if (at === data.pictures.length - 1) show(0);
    button.textContent = '\\u23F8';
    button.setAttribute('aria-label', 'pause');
    timer = setInterval(function () {
      if (at === data.pictures.length - 1) stop(); else show(at + 1);
    }, 1000 * data.seconds);
  });
  slider.addEventListener('input', function () { stop(); show(slider.value - 1); });
  root.addEventListener('keydown', function (event) {
    if (event.target === slider) return;
    if (event.key === 'ArrowRight') show(at + 1); else if (event.key === 'ArrowLeft') show(at - 1); else return;
    stop();
    event.preventDefault();
  });
});
"""

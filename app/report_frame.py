"""The frame of a report: one HTML file with everything in it, which asks for nothing."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from app.escape import escape

_STYLE: Final = Path(__file__).with_name("report.css")
_INK: Final = "#1f2a32"
_FONT: Final = 'system-ui, -apple-system, "Segoe UI", sans-serif'
_PAPER_WIDTH_PX: Final = 680  # 180 mm: A4 within margins of 15 mm
_CONFIG: Final[Mapping[str, Any]] = {
    "displaylogo": False,
    "responsive": True,
    "modeBarButtonsToRemove": ["select2d", "lasso2d"],
}
# Each chart is data in a script that no browser runs; this script draws them. Paper has
# its own width, so charts take that before printing and their own again afterwards.
_DRAW: Final = """
const charts = [...document.querySelectorAll('.chart')].map(place => {
  const given = JSON.parse(place.querySelector('script').textContent);
  place.replaceChildren();
  Plotly.newPlot(place, given.data, given.layout, given.config);
  return place;
});
addEventListener('beforeprint', () => charts.forEach(
  chart => Plotly.relayout(chart, {width: PAPER, autosize: false})));
addEventListener('afterprint', () => charts.forEach(
  chart => Plotly.relayout(chart, {width: null, autosize: true})));
""".replace("PAPER", str(_PAPER_WIDTH_PX))


def build_chart(figure: go.Figure, told: str) -> str:
    """A live chart as HTML; ``told`` is what it shows in words."""
    drawn = go.Figure(figure)
    drawn.update_layout(
        template="plotly_white",
        autosize=True,
        font={"family": _FONT, "color": _INK},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    given = {**json.loads(drawn.to_json()), "config": _CONFIG}
    data = json.dumps(given, ensure_ascii=True).replace("<", "\\u003c")
    height = int(drawn.layout.height or 280)
    return (
        f'<figure role="group" aria-label="{escape(told)}"><div class="chart" '
        f'style="height: {height}px"><script type="application/json">{data}</script></div></figure>'
    )


def build_document(title: str, body: str) -> str:
    """A whole file around ``body``, which is HTML that was escaped where it was made.

    Its content policy allows no address at all and only the two scripts given here, by
    their hashes: a mark-up that slipped through could neither run nor load anything.
    """
    plotly, style = get_plotlyjs(), _STYLE.read_text("utf-8")
    policy = (
        f"default-src 'none'; script-src '{_plotly_hash()}' '{_hash(_DRAW)}'; "
        "style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer"><meta name="robots" content="noindex">\n'
        f'<title>{escape(title)}</title>\n<link rel="icon" href="data:,">\n'
        f"<style>{style}</style></head>\n<body><main>{body}</main>\n"
        f"<script>{plotly}</script>\n<script>{_DRAW}</script>\n</body></html>\n"
    )


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


@lru_cache(maxsize=1)
def _plotly_hash() -> str:
    return _hash(get_plotlyjs())

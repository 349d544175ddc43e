"""Vega as it comes with vl-convert: one converter for all charts, and the bundle for the page."""

from functools import cache
from typing import Any

#: Of Vega-Lite: what Altair's specifications are checked against.
VERSION = "6.4"


def to_svg(spec: dict[str, Any]) -> str:
    """Draw Vega-Lite; the first call starts the converter."""
    import vl_convert

    svg: str = vl_convert.vegalite_to_svg(spec, vl_version=VERSION)
    return svg


@cache
def bundle() -> str:
    """A script that defines vegaEmbed on window, with Vega, Vega-Lite and the interpreter of expressions.

    Its own names stay inside: it was made as a module.
    """
    import vl_convert

    script: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=VERSION)
    return f"(() => {{{script}}})();"

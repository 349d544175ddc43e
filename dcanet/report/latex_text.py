"""Any text as LaTeX that shows it, with pdfLaTeX's fonts and the packages booktabs, graphicx and amssymb."""

import unicodedata

#: Needed by what this module writes.
PACKAGES = ("amssymb", "booktabs", "graphicx")
#: What TeX reads as an instruction or a ligature, or pdfLaTeX has no character for.
WRITTEN = {
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "`": r"\textasciigrave{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"{\char34}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
    # Behind \\ these would be its arguments.
    **{character: f"{{{character}}}" for character in "[]*"},
    "−": "$-$",
    "±": r"$\pm$",
    "≈": r"$\approx$",
    "≤": r"$\le$",
    "≥": r"$\ge$",
    "×": r"$\times$",
    "Δ": r"$\Delta$",
    "θ": r"$\theta$",
    "▲": r"$\blacktriangle$",
    "▼": r"$\blacktriangledown$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "→": r"$\rightarrow$",
    "²": "$^2$",
    "°": r"$^\circ$",
    "–": "--",
    "—": "---",
    "“": "``",
    "”": "''",
    "‘": "`",
    "’": "'",
    "…": r"\ldots{}",
}

#: Twice in a row these become another character.
LIGATURES = "-'’"
#: Up to here pdfLaTeX composes accented letters from their parts.
LAST_ACCENTED = "\u017f"


def latex(text: str) -> str:
    """The text on one line; a character that pdfLaTeX has no glyph for is shown as its code point."""
    written = ""
    before = ""
    for character in " ".join(text.split()):
        apart = "{}" if character == before and character in LIGATURES else ""
        written += apart + _written(character)
        before = character
    return written


def _written(character: str) -> str:
    if character in WRITTEN:
        return WRITTEN[character]
    accented = character <= LAST_ACCENTED and unicodedata.normalize("NFD", character)[0].isascii()
    if accented and character.isprintable():
        return character
    return f"{{[}}U+{ord(character):04X}{{]}}"

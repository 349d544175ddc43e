"""Texts and values that go wrong where somebody forgot about them."""

from hypothesis import strategies as st

SHELL = [
    *("; touch ran", "$(touch ran)", "`touch ran`", "a b", "| touch ran", "&& touch ran", "> ran", "$HOME"),
    *("'", '"', "\\", "'; touch ran; '", "--help", "-", "~", "*", "!x", "#", "a\nb", "\x00", "\r", "\x1b[2J"),
]
PATHS = ["../../ran", "/etc/passwd", "..", ".", "", "a/../../b", "C:\\x", "/dev/stdin", "x" * 300]
TEMPLATES = ["{wildcards.model}", "{", "}", "{0}", "%s", "%n", "{{7*7}}", "${x}", "(?!)", ".*", "(a+)+$"]
MARKUP = [
    *("<script>alert(1)</script>", "</script><img src=x onerror=alert(1)>", "<!--", "]]>", "&lt;", "&#0;"),
    *("javascript:alert(1)", '" onmouseover="x', "' autofocus '", "<style>", "<x", "<!doctype>"),
    *("\\input{/etc/passwd}", "\\write18{x}", "%", "$x^2$", "^^5cinput", "\\\\", "{}", "\\end{table*}"),
    *("=cmd|'/c calc'!A0", "@SUM(1)", "+1", "-1", "\t=1", " =1", "＝1", '=HYPERLINK("x")', ";", ",", '"="'),
    *(
        "`code`",
        "```",
        "|",
        "a|b",
        "[x](javascript:y)",
        "![x](y)",
        "# x",
        "- x",
        "1. x",
        "***",
        "---",
        "<br>",
    ),
    *(
        "~~~",
        "\\|",
        "_a_",
        "__",
        "(__a",
        "a__)",
        "    x",
        "\n\n# x",
        "&amp;",
        "https://x.y",
        "<https://x.y>",
        "\\",
        "$$",
    ),
]
LETTERS = [
    "\u202e\u2066",
    "\u200b",
    "\ufeff",
    "e\u0301",
    "ﬁ",
    "𝔘",
    "\u2028",
    "\x85",
    "\x0b",
    "\ufffe",
    "ß" * 50,
]
#: JSON can hold it, UTF-8 cannot.
SURROGATE = "\ud800"

TEXTS = [*SHELL, *PATHS, *TEMPLATES, *MARKUP, *LETTERS]


def texts(*more: str) -> st.SearchStrategy[str]:
    """Hostile texts, alone or within others, and any other text."""
    known = st.sampled_from([*TEXTS, *more])
    return st.one_of(
        known,
        st.tuples(known, st.text(max_size=8), known).map("".join),
        st.text(max_size=20),
    )


#: Numbers that are none, or too large for what they are put into.
NUMBERS = [
    0,
    -1,
    1,
    2**31,
    2**63,
    -(2**63) - 1,
    10**400,
    0.0,
    -0.0,
    1e308,
    5e-324,
    float("inf"),
    float("nan"),
]


def values(*more: str) -> st.SearchStrategy[object]:
    """What YAML or JSON may hold in the place of something else."""
    plain = st.one_of(st.sampled_from([None, True, False, *NUMBERS]), texts(*more))
    return st.one_of(
        plain,
        plain,
        st.lists(plain, max_size=3),
        st.dictionaries(texts(*more), plain, max_size=3),
        st.integers(2, 60).map(_nested),
        st.integers(),
        st.floats(),
    )


def _nested(depth: int) -> object:
    value: object = 1
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value

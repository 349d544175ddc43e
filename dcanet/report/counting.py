"""How costs were counted, and what the conventions are called."""

from ..profile_documents import Convention, Parts

#: The conventions, and what their columns are called.
CONVENTIONS: dict[Convention, str] = {
    "fvcore": "fvcore",
    "conv_linear": "convolutions and linear layers alone",
    "published": "authors' counter",
}
#: Whose rules count where the parts are told apart: those of Table 1's column.
BY_PART: Convention = "fvcore"
PARTS = tuple(Parts.model_fields)

"""What a difference comes to, in words; the only place that decides it."""

from ..comparison_documents import Estimate, Verdict

#: A sign for each verdict, which says the same as the word where there is no room for it.
SIGNS: dict[Verdict, str] = {"better": "▲", "worse": "▼", "not distinguishable": "≈"}


def verdict(
    difference: Estimate, p_adjusted: float, alpha: float = 0.05, lower_is_better: bool = False
) -> Verdict:
    """Better or worse where both the adjusted p and the interval rule out 0, else not distinguishable.

    Args:
        difference: other minus baseline.
        p_adjusted: over all the differences that are shown together.
    """
    if p_adjusted > alpha or difference.low <= 0 <= difference.high:
        return "not distinguishable"
    return "better" if (difference.low > 0) is not lower_is_better else "worse"

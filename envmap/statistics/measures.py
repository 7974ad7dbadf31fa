"""Arithmetic of the measures in docs/glossary.md: shares in percent. Pure."""


def percent(part: int, whole: int) -> float | None:
    """`part` of `whole` in percent with two decimals, rounded half up once from the exact ratio; None of nothing.

    An empty denominator is "no data", never 0 or 100 (CJ/T 292 practice: the published bulletins of Tianmen 2016-12
    and Zhengzhou 2019-04 reproduce so, see the tests).
    """
    if whole == 0:
        return None
    hundredths = (part * 20_000 + whole) // (2 * whole)
    return hundredths / 100

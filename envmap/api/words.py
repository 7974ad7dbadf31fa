"""What a validator finds wrong, as a sentence in the asker's language."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _


def _one_of(expected: str) -> str:
    """Out of pydantic's English `'a', 'b' or 'c'`: the words alone, in whatever language the sentence is."""
    return _("It is one of: %(expected)s.") % {"expected": ", ".join(re.findall(r"'([^']*)'", expected))}


SENTENCES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda c: _("This field is needed."),
    "extra_forbidden": lambda c: _("There is no such field here."),
    "literal_error": lambda c: _one_of(c["expected"]),
    "enum": lambda c: _one_of(c["expected"]),
    "string_type": lambda c: _("A text was expected."),
    "string_too_short": lambda c: _("At least %(n)d characters were expected.") % {"n": c["min_length"]},
    "string_too_long": lambda c: _("At most %(n)d characters were expected.") % {"n": c["max_length"]},
    "string_pattern_mismatch": lambda c: _("It has not the expected form (%(form)s).") % {"form": c["pattern"]},
    "int_type": lambda c: _("A whole number was expected."),
    "int_parsing": lambda c: _("A whole number was expected."),
    "int_from_float": lambda c: _("A whole number was expected."),
    "int_parsing_size": lambda c: _("This number is too large."),
    "float_type": lambda c: _("A number was expected."),
    "float_parsing": lambda c: _("A number was expected."),
    "decimal_type": lambda c: _("A number was expected."),
    "decimal_parsing": lambda c: _("A number was expected."),
    "decimal_max_digits": lambda c: _("A number of at most 15 digits before and 9 after the point was expected."),
    "decimal_max_places": lambda c: _("A number of at most 15 digits before and 9 after the point was expected."),
    "decimal_whole_digits": lambda c: _("A number of at most 15 digits before and 9 after the point was expected."),
    "finite_number": lambda c: _("A finite number was expected."),
    "bool_type": lambda c: _("true or false was expected."),
    "bool_parsing": lambda c: _("true or false was expected."),
    "dict_type": lambda c: _("An object was expected."),
    "model_type": lambda c: _("An object was expected."),
    "model_attributes_type": lambda c: _("An object was expected."),
    "list_type": lambda c: _("A list was expected."),
    "too_short": lambda c: _("At least %(n)d items were expected.") % {"n": c["min_length"]},
    "too_long": lambda c: _("At most %(n)d items were expected.") % {"n": c["max_length"]},
    "greater_than_equal": lambda c: _("At least %(n)s was expected.") % {"n": c["ge"]},
    "less_than_equal": lambda c: _("At most %(n)s was expected.") % {"n": c["le"]},
    "greater_than": lambda c: _("More than %(n)s was expected.") % {"n": c["gt"]},
    "uuid_parsing": lambda c: _("A UUID was expected."),
    "uuid_type": lambda c: _("A UUID was expected."),
}


def sentence(error: Mapping[str, Any]) -> str:
    """The sentence for one of pydantic's errors; errors of our own carry theirs already."""
    made = SENTENCES.get(error["type"])
    return made(error.get("ctx", {})) if made else str(error["msg"])

"""A caller for every test of the API."""

import pytest

from tests.envmap.api.caller import Caller


@pytest.fixture
def api(cast) -> Caller:
    """Calls with tokens of the cast and checks each answer against the document."""
    return Caller(cast)

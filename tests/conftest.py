"""What every test may use: the cast, and the rules that hold in all tests."""

import inspect

import pytest
from asgiref.sync import async_to_sync

from tests.cast import Cast, make_cast
from tests.stack import stack  # noqa: F401


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Runs coroutine tests in the main thread's loop, so that their ORM calls stay inside the test's transaction."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    async_to_sync(pyfuncitem.obj)(**{name: pyfuncitem.funcargs[name] for name in names})
    return True


@pytest.fixture(autouse=True)
def keep_connections(request, monkeypatch):
    """Channels closes old connections around each call; in a test that would be the test's own."""
    if not {"live_server", "stack"} & set(request.fixturenames):
        monkeypatch.setattr("channels.db.close_old_connections", lambda *args, **kwargs: None)


@pytest.fixture
def cast(db) -> Cast:
    """Departments, people and two layers with a feature each: who plays in almost every test."""
    return make_cast()

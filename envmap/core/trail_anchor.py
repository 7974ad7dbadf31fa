"""The check and, where all is whole, a new root: what `verify_trail --anchor` and the nightly job do."""

from __future__ import annotations

import logging
from contextlib import ExitStack

from . import audit
from .trail_check import Result, check, one_moment
from .trail_roots import Root, append, holding_writers, last_events, root_of

log = logging.getLogger(__name__)


def verify() -> Result:
    """Recomputes and compares; writes nothing. Outside any transaction."""
    with one_moment():
        return check()


def verify_and_anchor() -> tuple[Result, Root | None]:
    """The same, then appends the new root; none where something was found: it would cover the forgery up."""
    with ExitStack() as moment:
        # Writers wait only until the moment has begun, at which no event is half written; not while it is checked.
        with holding_writers():
            moment.enter_context(one_moment())
            upto = last_events()
        result = check()
        if not result.is_whole:
            return result, None
        root = root_of(upto)
    append(root)
    return result, root


def anchor_trails() -> None:
    """The nightly round: says in the log and in the audit when a trail is not whole."""
    result, root = verify_and_anchor()
    for finding in result.findings:
        log.error("Trail: %s", finding)
    if root is None:
        audit.record("trail.broken", subject="trail", findings=len(result.findings) + result.more_findings)
    else:
        log.info("Trails are whole; anchored %d heads.", root.heads)

"""Audit rows that no table change tells of: sign-ins, failures, exports. All others are written by triggers."""

from . import clock
from .actor import SYSTEM, Actor
from .models import AuditRow


def record(
    kind: str,
    *,
    subject: str,
    by: Actor = SYSTEM,
    address: str = "",
    **detail: str | int | None,
) -> None:
    """Appends one audit row. `detail` must hold no password, token or personal number."""
    AuditRow.objects.create(
        at=clock.now(),
        kind=kind,
        actor=by.as_json(),
        subject=subject[:200],
        address=address[:64],
        detail=detail,
    )

"""`make demo STAGE=…`: reset the demo data of the running instance to a stage."""

from __future__ import annotations

from .errors import Trouble
from .instance import open_instance
from .run import choose_accounts, program_environment, say
from .settings import Settings
from .steps import Steps

STAGES = ("quiet", "alarm-day", "month-end")


def demo(settings: Settings, stage: str) -> int:
    """Build the stage through the same actions that users call; the instance must be running."""
    if stage not in STAGES:
        raise Trouble(f"STAGE is {stage!r}; write make demo STAGE={'|'.join(STAGES)}.")
    if not settings.demo:
        raise Trouble("ENVMAP_DEMO is 0: this instance holds real data and is not reset.")
    instance = open_instance(settings, choose_accounts(settings, install=False))
    if instance.private_database and not instance.private_env.is_file():
        raise Trouble("There is no instance here yet; run `make run` first.")
    if Steps(instance, program_environment(instance), say).manage("demo", "--stage", stage) != 0:
        raise Trouble("The demo data were not reset; the message stands above (is `make run` running?).")
    return 0

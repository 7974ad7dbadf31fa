"""`manage.py verify_trail [--anchor]`: are all trails what they were?"""

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from envmap.core.trail_anchor import verify, verify_and_anchor
from envmap.core.trail_roots import UnreadableRoots, roots_file


class Command(BaseCommand):
    help = (
        "Recomputes the hash chains of all issues and orders and compares them with the last root outside the database."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--anchor", action="store_true", help="where all is whole, append a new root to ENVMAP_TRAIL_ROOTS"
        )

    def handle(self, *args, anchor, **options):
        try:
            result, root = verify_and_anchor() if anchor else (verify(), None)
        except UnreadableRoots as wrong:
            raise CommandError(str(wrong)) from None
        except OperationalError as wrong:
            raise CommandError(f"The trails could not be held still; try again. ({str(wrong).strip()})") from None
        for table, chains in result.chains.items():
            self.stdout.write(f"{table}: {chains} trails with {result.events[table]} events recomputed.")
        if result.last is None:
            self.stdout.write(
                f"There is no root in {roots_file().name} yet: a trail that was cut or made anew as a whole cannot be "
                "noticed. Run with --anchor, and keep the file where the database's administrator cannot write."
            )
        else:
            self.stdout.write(f"Compared with the root of {result.last.at} over {result.last.heads} trails.")
            if result.uncovered_events:
                self.stdout.write(
                    f"Since then {result.uncovered_events} events of {result.uncovered_chains} trails were made: "
                    "no root covers these yet."
                )
        if not result.is_whole:
            for finding in result.findings:
                self.stderr.write(finding)
            if result.more_findings:
                self.stderr.write(f"… and {result.more_findings} more.")
            raise CommandError("The trails are not whole." + (" Nothing was anchored." if anchor else ""))
        self.stdout.write("All trails are whole.")
        if root is not None:
            self.stdout.write(f"Anchored {root.heads} trails at {root.at}: {root.root}")

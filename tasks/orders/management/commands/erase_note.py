"""`manage.py erase_note NUMBER SEQ --reason …`: empties what somebody wrote at one event, because they may ask for it."""

from django.core.management.base import BaseCommand, CommandError

from envmap.accounts.asker import SYSTEM
from envmap.core.errors import EnvmapError
from tasks.issues import actions as issues
from tasks.issues.models import Issue
from tasks.orders import actions as orders


class Command(BaseCommand):
    help = "Empties the note of one event of an issue or order, for good, with an audit row; the trail still verifies."

    def add_arguments(self, parser):
        parser.add_argument("number", help="of the issue or order")
        parser.add_argument("seq", type=int, help="number of the event in its trail")
        parser.add_argument("--reason", required=True, help="kept in the audit; name no person in it")

    def handle(self, *args, number, seq, reason, **options):
        erase = issues.erase_note if Issue.objects.filter(number=number).exists() else orders.erase_note
        try:
            erase(number, seq, by=SYSTEM, reason=reason)
        except EnvmapError as refusal:
            raise CommandError(refusal.detail) from None
        self.stdout.write(f"The note of event {seq} of {number} is erased.")

"""Leads through making the first administrator of an empty instance."""

import getpass
import os
import sys

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from envmap.accounts import actions
from envmap.accounts.asker import SYSTEM
from envmap.accounts.models import Department, Membership
from envmap.core.errors import EnvmapError


class Command(BaseCommand):
    help = "Makes the first administrator, and the bureau they belong to where there is none yet."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--username")
        parser.add_argument("--name", help="the person's name")
        parser.add_argument("--bureau", help="the bureau's Chinese name, where there is no bureau yet")
        parser.add_argument("--no-input", action="store_true", help="ask nothing; say what to run when there is none")

    def handle(self, *args, **options):
        there = Membership.objects.filter(
            role="admin", ended_at=None, user__is_active=True, user__is_demo=False
        ).exists()
        if there:
            self.stdout.write("There is an administrator; sign in as one and make the others under /manage/people/.")
            return
        if options["no_input"] and not (options["username"] and os.environ.get("ENVMAP_ADMIN_PASSWORD")):
            self.stdout.write(
                "Nobody can sign in yet. Run `.venv/bin/python manage.py first_admin` to make the administrator."
            )
            return
        terminal = sys.stdin.isatty() and not options["no_input"]

        def ask(option: str, question: str) -> str:
            value = options[option] or (input(question) if terminal else "")
            if not value.strip():
                raise CommandError(f"--{option} is missing; run `manage.py first_admin` in a terminal or give it.")
            return value.strip()

        username = ask("username", "Username: ")
        name = ask("name", "Name: ")
        password = os.environ.get("ENVMAP_ADMIN_PASSWORD") or (getpass.getpass("Password: ") if terminal else "")
        if not password:
            raise CommandError(
                "There is no terminal to type a password; put it into ENVMAP_ADMIN_PASSWORD for this one run."
            )
        try:
            with transaction.atomic():
                bureau = Department.objects.filter(kind="bureau", is_active=True).order_by("pk").first()
                if bureau is None:
                    bureau = actions.make_department(
                        by=SYSTEM,
                        code="bureau",
                        names={"zh-hans": ask("bureau", "The bureau's name: "), "en": ""},
                        kind="bureau",
                    )
                actions.make_user(by=SYSTEM, username=username, name=name, password=password)
                actions.add_membership(
                    by=SYSTEM, username=username, department=bureau.code, role="admin", is_default=True
                )
        except EnvmapError as refused:
            raise CommandError(refused.detail) from None
        self.stdout.write(f"{username} can sign in now and make the others under /manage/people/.")

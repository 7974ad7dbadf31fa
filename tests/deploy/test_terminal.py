"""`make run` at a terminal: it leads through the first administrator, and a typed Ctrl-C ends all of it."""

import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import termios
import time

import psycopg
import pytest

from deploy.instance import SUPERUSER
from deploy.processes import descendants
from tests.deploy.test_running import alive
from tests.stack import ROOT, instance_environment, make_folder, open_like, remove

pytestmark = pytest.mark.stack


class Terminal:
    """A command at a pseudo terminal, with what it has written so far."""

    def __init__(self, command, env):
        self.end, other = pty.openpty()
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=env, stdin=other, stdout=other, stderr=other, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(other)
        self.text = ""

    def read_until(self, pattern, seconds=180):
        """Read until the text since the last call matches."""
        deadline, seen = time.monotonic() + seconds, ""
        while not re.search(pattern, seen):
            assert time.monotonic() < deadline, f"waited for {pattern!r}:\n{self.text}"
            if select.select([self.end], [], [], 0.5)[0]:
                try:
                    piece = os.read(self.end, 4096).decode("utf-8", "replace")
                except OSError:  # the other end is closed
                    piece = ""
                    assert self.process.poll() is None, f"it ended before {pattern!r}:\n{self.text}"
                seen, self.text = seen + piece, self.text + piece

    def type(self, text):
        os.write(self.end, text.encode())


def test_the_first_administrator_is_made_at_the_terminal_and_ctrl_c_ends_everything():
    folder = make_folder()
    env = instance_environment(folder / "var", ENVMAP_DEMO="0")
    terminal = Terminal(["make", "run"], env)
    try:
        terminal.read_until("Username: ")
        terminal.type("chief\n")
        terminal.read_until("Name: ")
        terminal.type("陈局\n")
        terminal.read_until("Password: ")
        terminal.type("a long enough passphrase\n")
        terminal.read_until("envmap: Ready: http://127.0.0.1:")
        assert "passphrase" not in terminal.text, "a password is not shown"
        instance = open_like(env)
        with psycopg.connect(instance.database_url(SUPERUSER)) as connection:
            made = connection.execute("SELECT username FROM accounts_user WHERE username = 'chief'").fetchall()
        assert made == [("chief",)]
        before = {terminal.process.pid, *descendants(terminal.process.pid)}
        assert len(before) > 8
        terminal.type("\x03")
        terminal.process.wait(timeout=120)
        assert alive(before) == set()
    finally:
        if terminal.process.poll() is None:
            os.killpg(terminal.process.pid, signal.SIGTERM)
            terminal.process.wait(timeout=120)
        os.close(terminal.end)
        remove(env)

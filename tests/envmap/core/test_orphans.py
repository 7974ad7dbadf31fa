"""A worker dies with the server that made it."""

import subprocess
import sys
from pathlib import Path

from tests.stack import ROOT, wait_for

SERVER = """
import multiprocessing, time
from envmap.core.orphans import die_with_parent

def work(ready):
    die_with_parent()
    ready.set()
    time.sleep(600)

if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    worker = context.Process(target=work, args=(ready,))
    worker.start()
    ready.wait()
    print(worker.pid, flush=True)
    time.sleep(600)
"""


def test_a_worker_dies_with_a_killed_server():
    server = subprocess.Popen([sys.executable, "-c", SERVER], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    worker = Path("/proc") / server.stdout.readline().strip()
    assert worker.exists()
    server.kill()
    server.wait()

    def gone():
        try:
            return (worker / "stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
        except OSError:
            return True

    wait_for(gone, 10, "the worker to end")

"""Worker processes that die with the server that made them."""

import ctypes
import multiprocessing
import os
import signal

PR_SET_PDEATHSIG = 1  # prctl(2)


def die_with_parent() -> None:
    """Let the kernel kill this process when its parent dies.

    A server that is killed cannot end its workers; without this they would go on holding its socket and its jobs. The
    signal is KILL: what must not be lost is in a committed transaction, and nobody would wait for anything softer.
    """
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid != os.getppid():
        os._exit(1)  # it died before the kernel knew

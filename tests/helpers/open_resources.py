"""What this process holds open or running, to be compared before and after, and a port that is free."""

import gc
import os
import socket
import threading
from typing import NamedTuple

import psutil


class Belongings(NamedTuple):
    """Numbers of open descriptors, child processes of any depth, and names of threads."""

    descriptors: list[str]
    children: list[psutil.Process]
    threads: list[str]


def belongings() -> Belongings:
    """Those of this process, what nobody refers to any longer let go of before."""
    gc.collect()
    threads = sorted(thread.name for thread in threading.enumerate())
    return Belongings(sorted(os.listdir("/proc/self/fd")), psutil.Process().children(recursive=True), threads)


def free_port() -> int:
    """A port of this machine on which nobody listens at the moment."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port

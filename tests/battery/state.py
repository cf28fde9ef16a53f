"""State of the process and of the target's module after a call."""

from __future__ import annotations

import contextlib
import decimal
import gc
import locale
import logging
import os
import random
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.battery.pair import Family, Source, doing

FAMILY = Family("state")
exact, close, differs = FAMILY.exact, FAMILY.close, FAMILY.differs
PAIRS = FAMILY.pairs

COUNTER = "calls = 0\ndef run():\n    global calls\n    calls += %s\n    return 1\n"
TABLE = "table = {}\ndef run():\n    table['a'] = %s\n    return 1\n"
MODEL = "class Model:\n    made = 0\n    names = []\n%s\ndef run():\n    Model.made += %s\n    return 1\n"
CACHE = """import functools
@functools.lru_cache(maxsize=%s)
def square(x):
    return x * x
def run():
    return [square(i) for i in %s]
"""
DEFAULT = "def run(x=1, seen=[]):\n    seen.append(%s)\n    return x\n"
ATTRIBUTE = "def run():\n    run.calls = %s\n    return 1\n"
OBJECT = """class Registry:
    def __init__(self):
        self.names = []
registry = Registry()
def run():
    registry.names.append(%r)
    return 1
"""
ARRAY = (
    "import numpy as np\nbuffer = np.zeros(3)\ndef run():\n    buffer[:] = %s\n    return buffer.copy() * 0\n"
)
ITERATOR = "import itertools\nids = itertools.count()\ndef run():\n    %s\n    return 1\n"
HELPER = "def %s(x):\n    return x + 1\ndef run():\n    return %s(1)\n"
SHARED = "kept = [0.0] * 3\ndef run():\n    return %s\n"


def saying(act: Callable[[], Any], value: Any = 1) -> Callable[[], Any]:
    def run() -> Any:
        act()
        return value

    return run


def nothing_done() -> int:
    return 1


def left_behind() -> Any:
    threading.Thread(target=threading.Event().wait, args=(0.3,), daemon=True).start()


@contextlib.contextmanager
def quiet() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def in_quiet() -> int:
    with quiet():
        return 1


def other_mode() -> int:
    with np.errstate(all="raise"):
        return 1


def handler(*args: Any) -> None:
    pass


def logger() -> logging.Logger:
    return logging.getLogger("q")


exact("drawn from the same generator", random.random, lambda: random.uniform(0.0, 1.0))
exact("drawn from NumPy's generator", lambda: np.random.rand(), lambda: np.random.random())
exact(
    "seeded anew",
    lambda: [np.random.seed(3), np.random.rand()][1],
    lambda: [np.random.seed(3), np.random.rand()][1],
)
exact("modes put back", nothing_done, other_mode)
exact("filters put back", nothing_done, in_quiet)
exact("a module imported", nothing_done, saying(lambda: __import__("colorsys")),
      why="What is imported is a matter of how a function is written.")  # fmt: skip
exact("a counter", Source(COUNTER % 1), Source(COUNTER % "2 - 1"))
exact("a global added", Source("def run():\n    return 3\n"),
      Source("BLOCK = 3\ndef run():\n    return BLOCK\n"),
      why="A rewrite may add names of its own.")  # fmt: skip
exact("a helper renamed", Source(HELPER % ("f", "f")), Source(HELPER % ("g", "g")),
      why="Functions are no state.")  # fmt: skip
exact("a cache taken away", Source(CACHE % (8, "(1, 1)")), Source("def run():\n    return [1, 1]\n"),
      why="A cache is no data; that its function is gone shows only to who knows of it.")  # fmt: skip
exact("a cache asked alike", Source(CACHE % (8, "(1, 2, 1)")), Source(CACHE % (8, "[1, 2, 1]")))
exact("an iterator of the module", Source(ITERATOR % "next(ids)"), Source(ITERATOR % "ids.__next__()"))
exact("a variable set and removed", nothing_done,
      saying(lambda: [os.environ.update(PAIR="1"), os.environ.pop("PAIR")]))  # fmt: skip
close("a global float rounded otherwise", Source(TABLE % "0.1 + 0.2"), Source(TABLE % "0.3"))

differs("one draw more", saying(random.random), nothing_done)
differs("one of NumPy's draws more", saying(np.random.rand), nothing_done)
differs(
    "the order of draws",
    lambda: (random.random(), random.getrandbits(32))[1],
    lambda: (random.getrandbits(32), random.random())[0],
)
differs(
    "a kept half of a normal draw",
    saying(lambda: random.gauss(0, 1)),
    saying(lambda: random.normalvariate(0, 1)),
)
differs(
    "an odd number of normal draws", saying(lambda: np.random.randn(1)), saying(lambda: np.random.randn(2))
)
differs("seeded", saying(lambda: random.seed(1)), nothing_done)
differs("error state", saying(lambda: np.seterr(over="raise")), nothing_done)
differs("how arrays are printed", saying(lambda: np.set_printoptions(precision=2)), nothing_done)
differs("a variable", saying(lambda: os.environ.update(PAIR="1")), nothing_done)
differs(
    "a variable's value",
    saying(lambda: os.environ.update(PAIR="1")),
    saying(lambda: os.environ.update(PAIR="2")),
)
differs("a variable removed", saying(lambda: os.environ.pop("PATH", None)), nothing_done)
differs("the working directory", doing(lambda: os.mkdir("a"), lambda: os.chdir("a")), lambda: os.mkdir("a"))
differs("the language", saying(lambda: locale.setlocale(locale.LC_ALL, "C.UTF-8")),
        saying(lambda: locale.setlocale(locale.LC_ALL, "POSIX")))  # fmt: skip
differs("a signal handler", saying(lambda: signal.signal(signal.SIGUSR1, handler)), nothing_done)
differs("the search path", saying(lambda: sys.path.append("lib")), nothing_done)
differs(
    "order of the search path",
    saying(lambda: sys.path.append("lib")),
    saying(lambda: sys.path.insert(0, "lib")),
)
differs("the recursion limit", saying(lambda: sys.setrecursionlimit(3000)), nothing_done)
differs("filters of warnings", saying(lambda: warnings.simplefilter("ignore")), nothing_done)
differs("the category of a filter", saying(lambda: warnings.filterwarnings("ignore", category=UserWarning)),
        saying(lambda: warnings.filterwarnings("ignore", category=FutureWarning)))  # fmt: skip
differs("the decimal context", saying(lambda: setattr(decimal.getcontext(), "prec", 5)), nothing_done)
differs("garbage collection", saying(gc.disable), nothing_done)
differs("a thread left behind", saying(left_behind), nothing_done)
differs("the level of a logger", saying(lambda: logger().setLevel(logging.ERROR)), nothing_done)
differs("standard output replaced", saying(lambda: setattr(sys, "stdout", sys.stderr)), nothing_done)
differs("a counter's step", Source(COUNTER % 1), Source(COUNTER % 2))
differs("an entry of a table", Source(TABLE % 1), Source(TABLE % 2))
differs("a table that is not filled", Source(TABLE % 1), Source("table = {}\ndef run():\n    return 1\n"))
differs("an attribute of a class", Source(MODEL % ("", 1)), Source(MODEL % ("", 2)))
differs("a list of a class", Source(MODEL % ("", 1)), Source(MODEL % ("    names.append(1)", 1)))
differs("a default that was changed", Source(DEFAULT % "x"), Source(DEFAULT % "x + 1"))
differs("an attribute of a function", Source(ATTRIBUTE % 1), Source(ATTRIBUTE % 2))
differs("an object of the module", Source(OBJECT % "a"), Source(OBJECT % "b"))
differs("how often a cache was asked", Source(CACHE % (8, "(1, 2, 1)")), Source(CACHE % (8, "(1, 2)")) ,
        why="The result tells as well.")  # fmt: skip
differs("how full a cache is", Source(CACHE % (8, "(1, 1)")), Source(CACHE % (1, "(1, 1)")))
differs("a global array's type", Source(ARRAY % 1), Source((ARRAY % 1).replace("zeros(3)", "zeros(3, int)")))
differs(
    "an iterator drawn further", Source(ITERATOR % "next(ids)"), Source(ITERATOR % "next(ids), next(ids)")
)
differs("a buffer of the module returned", Source("def run():\n    return [0.0] * 3\n"),
        Source("buffer = [0.0] * 3\ndef run():\n    return buffer\n"),
        why="The next call changes what this one gave.")  # fmt: skip
differs("a view of an array of the module",
        Source("import numpy as np\ndef run():\n    return np.zeros(2)\n"),
        Source("import numpy as np\nroom = np.zeros(4)\ndef run():\n    return room[:2]\n"))  # fmt: skip
differs("a global list or its copy", Source(SHARED % "[kept]"), Source(SHARED % "[kept[:]]"),
        why="Who writes to the result writes to the module's list.")  # fmt: skip

"""Targets that do what no target should, each a function that would return `x * 2` without it.

Words between @ signs stand for places and processes of the test's own, see `Surroundings`.
"""

from __future__ import annotations

import textwrap
from typing import NamedTuple


class Hostile(NamedTuple):
    """`body` runs before the function returns. `original` and `candidate` are what must be said, any
    of the texts, of it as the original of a target and as a candidate for an innocent one;
    None where it does no harm and must be measured, or found the same, as any other.

    `escapes` names the rungs that cannot hold it, with the reason in `why`.
    """

    name: str
    body: str
    original: tuple[str, ...] | None
    candidate: tuple[str, ...] | None
    escapes: tuple[str, ...] = ()
    why: str = ""

    @property
    def source(self) -> str:
        head = "import os, signal, sys, time\nimport numpy as np\n\n\ndef run(x):\n"
        return head + textwrap.indent(textwrap.dedent(self.body).strip(), "    ") + "\n    return x * 2\n"


INNOCENT = "import os, signal, sys, time\nimport numpy as np\n\n\ndef run(x):\n    return x * 2\n"

REFUSED = ("Read-only file system", "Permission denied", "outside of the sandbox's folder")
UNREACHED = ("ConnectionRefusedError", "PermissionError", "Network is unreachable", "Permission denied")
PROGRAM = ("No such file", "starts no programs", "Permission denied", "stdout of the process")
KILLED = ("did not finish within 2 s", "TimedOut")
EITHER = ("",)
"""Measured or not: it depends on how much a case can do before its time is over."""


def _refused(name: str, body: str, escapes: tuple[str, ...] = (), why: str = "") -> Hostile:
    return Hostile(name, body, REFUSED, REFUSED, escapes, why)


def _left(name: str, body: str, seen: str) -> Hostile:
    """A state that a call leaves behind: no harm in an original, a difference in a candidate."""
    return Hostile(name, body, None, (seen,))


C_CODE = "an audit hook hears Python code only"

TARGETS = [
    _refused("write-beside-the-project", "open('@OUTSIDE@/new', 'w').write('x')"),
    _refused("write-into-the-project", "open('@PROJECT@/canary.txt', 'a').write('x')"),
    _refused("write-into-home", "open(os.path.dirname('@SECRETS@') + '/codeopt-hostile', 'w').write('x')"),
    _left("write-into-the-lent-home", "open(os.path.expanduser('~/n'), 'w').write('x')", "home folder"),
    _refused("write-into-tmp", "open('/tmp/codeopt-hostile', 'w').write('x')"),
    _refused("write-into-site-packages", """
        folder = os.path.dirname(os.path.dirname(np.__file__))
        open(os.path.join(folder, 'codeopt_hostile.py'), 'w').write('x')
        """),
    _refused("write-beside-its-own-folder", "open('../../codeopt-hostile', 'w').write('x')"),
    _refused("change-a-reference", """
        for name in os.listdir('../../..'):
            if name.startswith('reference'):
                open(f'../../../{name}', 'wb').write(b'')
        open('../../../reference0', 'wb').write(b'')
        """),
    _refused("write-through-a-folder-handle", """
        folder = os.open('@OUTSIDE@', os.O_RDONLY)
        os.open('new', os.O_WRONLY | os.O_CREAT, dir_fd=folder)
        """),
    _refused("remove-a-file", "os.remove('@OUTSIDE@/canary.txt')"),
    _refused("remove-a-tree", "import shutil\nshutil.rmtree('@OUTSIDE@')"),
    _refused("rename-the-project's-file", "os.rename('@PROJECT@/canary.txt', '@PROJECT@/gone.txt')"),
    _refused("write-through-a-symlink", """
        os.symlink('@OUTSIDE@/canary.txt', 'link')
        open('link', 'w').write('x')
        """),
    Hostile("write-through-a-hard-link", """
        os.link('@OUTSIDE@/canary.txt', 'link')
        open('link', 'w').write('x')
        """, (*REFUSED, "Invalid cross-device link", "Operation not permitted"),
        (*REFUSED, "Invalid cross-device link", "Operation not permitted")),
    _refused("change-permissions", "os.chmod('@OUTSIDE@/canary.txt', 0o777)"),
    _refused("change-permissions-in-C", """
        import ctypes
        if ctypes.CDLL(None, use_errno=True).chmod(b'@OUTSIDE@/canary.txt', 0o777) < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        """, ("sandlock", "rlimits"), C_CODE + "; permissions are none of Landlock's"),
    _refused("write-in-C-beside-its-own-folder", """
        import ctypes
        if ctypes.CDLL(None, use_errno=True).creat(b'../../codeopt-hostile', 0o600) < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        """, ("rlimits",), C_CODE),
    _refused("truncate", "os.truncate('@OUTSIDE@/canary.txt', 0)"),
    _refused("make-a-pipe-outside", "os.mkfifo('@OUTSIDE@/pipe')"),
    _refused("write-in-C", """
        import ctypes
        fd = ctypes.CDLL(None, use_errno=True).open(b'@OUTSIDE@/canary.txt', os.O_WRONLY | os.O_TRUNC)
        if fd < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        """, ("rlimits",), C_CODE),
    Hostile("open-a-tcp-connection", """
        import socket
        socket.create_connection(('127.0.0.1', int('@PORT@')), timeout=1)
        """, UNREACHED, UNREACHED),
    Hostile("send-a-datagram", """
        import socket
        socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', int('@PORT@')))
        raise ConnectionRefusedError('nobody hears it')
        """, UNREACHED, UNREACHED),
    Hostile("talk-to-a-local-server", """
        import socket
        socket.socket(socket.AF_UNIX).connect('@SOCKET@')
        """, UNREACHED, UNREACHED),
    Hostile("talk-to-a-server-started-later", """
        import socket
        socket.socket(socket.AF_UNIX).connect('@LATER@')
        """, UNREACHED, UNREACHED),
    Hostile("listen-where-others-can-connect", """
        import socket
        server = socket.create_server(('0.0.0.0', int('@FREE@')))
        server.listen()
        os.fork() or time.sleep(30)
        time.sleep(30)
        """, (*UNREACHED, *KILLED), (*UNREACHED, *KILLED)),
    Hostile("resolve-a-name", """
        import socket
        socket.getaddrinfo('example.org', 80)
        """, ("gaierror", "PermissionError"), ("gaierror", "PermissionError")),
    Hostile("tell-the-environment", "raise RuntimeError(repr(dict(os.environ)))",
            ("RuntimeError",), ("RuntimeError",)),
    Hostile("tell-the-parents'-environment", """
        texts, pid = [], os.getppid()
        for pid in [os.getppid(), int('@PARENT@')]:
            for name in ('environ', 'task/%d/environ' % pid):
                try:
                    texts.append(open(f'/proc/self/../{pid}/{name}').read())
                except OSError:
                    pass
        raise RuntimeError(repr(texts))
        """, ("RuntimeError",), ("RuntimeError",)),
    Hostile("read-hidden-credentials", "raise RuntimeError(open('@SECRETS@').read() or 'empty')",
            ("RuntimeError: empty", "Permission denied"), ("RuntimeError: empty", "Permission denied"),
            ("rlimits",), "files that the user can read can be read"),
    Hostile("fork-without-end", "while True:\n    os.fork()",
            ("more than 16 processes", "temporarily unavailable"),
            ("more than 16 processes", "temporarily unavailable")),
    Hostile("daemonise-and-write-later", """
        if not os.fork():
            os.setsid()
            if not os.fork():
                for _ in range(40):
                    time.sleep(0.1)
                    open('@OUTSIDE@/later', 'w').write('x')
            os._exit(0)
        """, EITHER, ("state: processes left", "more than 16 processes")),
    Hostile("a-comet-of-processes", """
        if not os.fork():
            os.setsid()
            while True:
                if os.fork():
                    os._exit(0)
                time.sleep(0.002)
        time.sleep(5)
        """, (*KILLED, "more than 16 processes"), (*KILLED, "more than 16 processes")),
    Hostile("come-back-twice", "os.fork()", EITHER, ("processes left",)),
    Hostile("ignore-every-signal", """
        for number in (signal.SIGTERM, signal.SIGALRM, signal.SIGXCPU, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        while True:
            pass
        """, KILLED, KILLED),
    Hostile("stop-itself", "os.kill(os.getpid(), signal.SIGSTOP)", KILLED, KILLED),
    Hostile("end-by-a-nameless-signal", "os.kill(os.getpid(), 40)",
            ("killed by signal 40",), ("killed by signal 40",)),
    Hostile("kill-the-zygote", "os.kill(os.getppid(), signal.SIGKILL)",
            ("PermissionError",), ("PermissionError",)),
    Hostile("kill-the-zygote-by-handle", """
        signal.pidfd_send_signal(os.pidfd_open(os.getppid()), signal.SIGKILL)
        """, ("PermissionError",), ("PermissionError",)),
    Hostile("kill-codeopt", "os.kill(int('@PARENT@'), signal.SIGUSR1)",
            ("PermissionError", "ProcessLookupError"), ("PermissionError", "ProcessLookupError")),
    Hostile("kill-a-bystander", "os.kill(int('@CANARY@'), signal.SIGKILL)",
            ("PermissionError", "ProcessLookupError"), ("PermissionError", "ProcessLookupError")),
    Hostile("limit-the-zygote", """
        import resource
        resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (3, 3))
        """, ("PermissionError",), ("PermissionError",)),
    Hostile("trace-the-zygote", """
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.ptrace(16, os.getppid(), 0, 0) < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        time.sleep(0.1)
        """, ("PermissionError",), ("PermissionError",)),
    Hostile("write-to-the-zygote's-pipes", """
        for number in (3, 4):
            os.write(os.open(f'/proc/{os.getppid()}/fd/{number}', os.O_WRONLY), b'\\xff' * 16)
        """, (*REFUSED, "symbolic links"), (*REFUSED, "symbolic links")),
    Hostile("become-root-again", """
        import resource
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
        """, ("not allowed to raise maximum limit",), ("not allowed to raise maximum limit",)),
    Hostile("change-root", "os.chroot('.')", ("Operation not permitted",), ("Operation not permitted",)),
    Hostile("exhaust-memory", "held = []\nwhile True:\n    held.append(bytearray(16 << 20))",
            ("MemoryError", *KILLED), ("MemoryError", *KILLED)),
    Hostile("exhaust-memory-over-several", """
        for _ in range(4):
            if not os.fork():
                held = b'x' * (120 << 20)
                time.sleep(30)
        time.sleep(30)
        """, ("took more than 256 MiB of memory",), ("took more than 256 MiB of memory",)),
    Hostile("exhaust-memory-in-files-without-names", """
        held = [os.memfd_create('x') for _ in range(8)]
        while True:
            for file in held:
                os.write(file, bytes(1 << 20))
            time.sleep(0.01)
        """, ("MiB of files", "File too large"), ("MiB of files", "File too large")),
    Hostile("fill-the-disk-by-one-file", """
        with open('big', 'wb') as file:
            while True:
                file.write(bytes(1 << 20))
        """, ("File too large", "MiB of files"), ("File too large", "MiB of files")),
    Hostile("fill-the-disk-by-many-files", """
        for number in range(100000):
            with open(f'file{number}', 'wb') as file:
                file.write(bytes(8 << 20))
        """, ("wrote more than 64 MiB of files",), ("wrote more than 64 MiB of files",)),
    Hostile("make-files-without-end", """
        for number in range(10**9):
            os.close(os.open(f'file{number}', os.O_CREAT))
        """, ("made more than 10000 files", *KILLED), ("made more than 10000 files", *KILLED)),
    Hostile("fill-shared-memory", """
        import multiprocessing.shared_memory as shared
        held = [shared.SharedMemory(create=True, size=1 << 20) for _ in range(4)]
        for one in held:
            one.buf[:] = bytes(1 << 20)
        """, EITHER, ("Permission", "processes left", "outside of")),
    Hostile("exhaust-file-handles", "held = [open(os.devnull) for _ in range(100000)]",
            ("Too many open files",), ("Too many open files",)),
    Hostile("make-a-folder-that-resists", """
        os.makedirs('a/b')
        open('a/b/c', 'w').close()
        os.chmod('a/b', 0)
        os.chmod('a', 0)
        """, None, ("files: a",)),
    Hostile("nest-folders-deep", """
        for _ in range(1200):
            os.mkdir('d')
            os.chdir('d')
        """, ("nested folders deeper than 100",), ("nested folders deeper", "working directory")),
    Hostile("print-without-end", "while True:\n    print('x' * 1000000)", KILLED, KILLED),
    Hostile("print-without-end-in-C", "while True:\n    os.write(1, bytes(1 << 20))",
            ("MiB of files", "File too large", *KILLED), ("MiB of files", "File too large", *KILLED)),
    Hostile("segmentation-fault", "import ctypes\nctypes.string_at(0)",
            ("killed by SIGSEGV",), ("killed by SIGSEGV",)),
    Hostile("abort", "os.abort()", ("killed by SIGABRT",), ("killed by SIGABRT",)),
    Hostile("exit-at-once", "os._exit(0)",
            ("exited with status 0 before",), ("exited with status 0 before",)),
    Hostile("leave-by-SystemExit", "raise SystemExit(0)", ("SystemExit",), ("SystemExit",)),
    Hostile("leave-by-KeyboardInterrupt", "raise KeyboardInterrupt", ("KeyboardInterrupt",),
            ("KeyboardInterrupt",)),
    Hostile("leave-by-an-exception-without-text", """
        class Odd(BaseException):
            def __str__(self):
                raise ValueError
        raise Odd
        """, ("Odd",), ("Odd",)),
    Hostile("recurse-without-end", "f = lambda: f()\nf()", ("RecursionError",), ("RecursionError",)),
    Hostile("recurse-in-C", "sys.setrecursionlimit(10**9)\nf = lambda: max([0], key=lambda y: f())\nf()",
            ("SIGSEGV", "MemoryError", "RecursionError"), ("SIGSEGV", "MemoryError", "RecursionError")),
    Hostile("catch-everything", """
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass
        """, KILLED, KILLED),
    Hostile("loop-in-C", "import itertools\nsum(itertools.repeat(0))", KILLED, KILLED),
    Hostile("forge-the-result", """
        import pickle
        from codeopt.equivalence.verdict import Same
        from codeopt.edit import Trust
        from codeopt.search.jobs import Proof
        with open('../result', 'wb') as file:
            pickle.dump(('value', Proof(Same(Trust.EXACT, 48), 0.0)), file)
        os._exit(0)
        """, ("not left by the process",), ("not left by the process",)),
    Hostile("leave-a-pipe-for-a-result", "os.mkfifo('../result')\nos._exit(0)",
            ("no ordinary file", "Permission denied"), ("no ordinary file", "Permission denied")),
    Hostile("leave-a-link-for-a-result", "os.symlink('/dev/zero', '../result')\nos._exit(0)",
            ("no ordinary file",), ("no ordinary file",)),
    Hostile("patch-the-comparator", """
        import codeopt.equivalence.compare as c, codeopt.equivalence.prove as p
        c.compare = p.compare = lambda *a: c.Comparison(p.Trust.EXACT, (), 0.0)
        x = x + 1
        """, None, ("result", "state: patched")),
    Hostile("patch-the-recorder", """
        from codeopt.equivalence.snapshot import Recorder
        from codeopt.equivalence.node import Node
        Recorder.record = lambda *a: Node('none', 'None')
        """, None, ("state: patched",)),
    _left("patch-pickle", "import pickle\npickle.dump = lambda *a, **k: None", "state: patched"),
    Hostile("patch-a-builtin", "import builtins\nbuiltins.isinstance = lambda *a: True",
            ("it had replaced builtins.isinstance",), ("state: patched",)),
    _left("add-a-builtin", "import builtins\nbuiltins.codeopt_hostile = 1", "state: patched"),
    _left("patch-numpy", "np.array_equal = lambda *a, **k: True", "state: patched"),
    _left("patch-the-clock", "time.perf_counter = lambda: 0.0", "state: patched"),
    _left("leave-a-thread-that-goes-on", """
        import threading
        def go():
            while True:
                open('endless', 'a').write('x')
                time.sleep(0.05)
        threading.Thread(target=go, daemon=True).start()
        """, "state: threads"),
    _left("change-the-locale", """
        import locale
        locale.setlocale(locale.LC_ALL, 'C' if 'UTF' in locale.setlocale(locale.LC_ALL) else 'C.UTF-8')
        """, "state: locale"),
    _left("change-the-folder", "os.chdir('/')", "state: working directory"),
    _left("change-the-mask", "os.umask(0)", "state: umask"),
    _left("change-the-environment", "os.environ['CODEOPT_HOSTILE'] = '1'", "state: environment"),
    _left("change-a-signal-handler", "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
          "state: signal handlers"),
    _left("set-an-alarm", "signal.setitimer(signal.ITIMER_REAL, 100)", "state: alarm"),
    _left("draw-a-random-number", "np.random.random()", "state: numpy.random"),
    _left("change-the-recursion-limit", "sys.setrecursionlimit(2000)", "state: recursion limit"),
    _left("change-a-resource-limit", """
        import resource
        resource.setrlimit(resource.RLIMIT_NOFILE, (100, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        """, "state: resource limits"),
    _left("change-the-path", "sys.path.append('/nowhere')", "state: sys.path"),
    _left("replace-stdout", "import io\nsys.stdout = io.StringIO()", "state: streams"),
    _left("leave-a-tracer", "sys.settrace(lambda *a: None)", "state: tracing"),
    _left("leave-a-profiler", "sys.setprofile(lambda *a: None)", "state: tracing"),
    _left("leave-an-exit-handler", "import atexit\natexit.register(print)",
          "state: functions to run at exit"),
    _left("switch-the-collector-off", "import gc\ngc.disable()", "state: garbage collector"),
    _left("silence-warnings", "import warnings\nwarnings.simplefilter('ignore')", "state: warning filters"),
    _left("change-numpy's-errors", "np.seterr(all='ignore')", "state: numpy.geterr"),
    _left("change-the-decimal-context", "import decimal\ndecimal.getcontext().prec = 3",
          "state: decimal context"),
    _left("print-in-C", "import ctypes\nctypes.CDLL(None).puts(b'hello')", "stdout of the process"),
    Hostile("close-every-descriptor", "os.closerange(0, 256)", EITHER, ("closed by the call",)),
    Hostile("forget-a-module", "sys.modules.pop('json', None)", None, None),
    Hostile("start-a-program", """
        import subprocess
        subprocess.run(['rm', '-rf', '@OUTSIDE@'], check=True)
        """, (*REFUSED, "CalledProcessError", "starts no programs"),
        (*REFUSED, "CalledProcessError", "starts no programs")),
    Hostile("start-a-program-in-a-shell", "if os.system('touch @OUTSIDE@/x'):\n    raise OSError('touch')",
            ("touch", "starts no programs"), ("touch", "starts no programs")),
]  # fmt: skip

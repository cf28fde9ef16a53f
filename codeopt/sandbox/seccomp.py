"""A seccomp filter: no sockets, no reaching into other processes and, on the last rung, no programs.

Written out as classic BPF, since the bindings of libseccomp need that library on the machine.
Numbers: the kernel's system call tables and <linux/filter.h>.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from collections.abc import Iterator

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_LOAD, _ALWAYS, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x05, 0x15, 0x35, 0x06
_OTHER_NUMBERING = 0x40000000
"""From here on x86_64 knows the same calls by other numbers (x32)."""

_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EACCES

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_PROGRAMS = {"x86_64": (59, 322), "aarch64": (221, 281)}
"""execve, execveat"""

_PRLIMIT = {"x86_64": 302, "aarch64": 261}
_OWN_PROCESS = 0
_REFUSED = {
    # socket, which makes all but pairs; ptrace, process_vm_readv and _writev, pidfd_open,
    # pidfd_send_signal, pidfd_getfd; mknod, mknodat; shmget, semget, msgget, mq_open (they outlive
    # the process); mount, umount2, pivot_root, setns, unshare, reboot, init_module, finit_module,
    # delete_module, kexec_load, bpf, io_uring_setup (which opens files and sockets unseen),
    # open_by_handle_at, add_key, keyctl
    "x86_64": (
        41, 101, 310, 311, 434, 424, 438, 133, 259, 29, 64, 68, 240, 165, 166,
        155, 308, 272, 169, 175, 313, 176, 246, 321, 425, 304, 248, 250,
    ),
    "aarch64": (
        198, 117, 270, 271, 434, 424, 438, 33, 194, 190, 186, 180, 40, 39,
        41, 268, 97, 142, 105, 273, 106, 104, 280, 425, 265, 217, 219,
    ),
}  # fmt: skip


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


def refuse_calls(*, sockets: bool, programs: bool) -> bool:
    """Refuse to limit other processes, to this one and all it starts, for good; with `sockets` all
    that reaches beyond its own files and children, with `programs` to start any.

    False where the kernel or the architecture does not allow it.
    """
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        return False
    refused = (*(_REFUSED[machine] if sockets else ()), *(_PROGRAMS[machine] if programs else ()))
    code = b"".join(_instructions(machine, refused))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    program = _Program(len(code) // 8, code)
    return bool(libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0) == 0)


def _instructions(machine: str, refused: tuple[int, ...]) -> Iterator[bytes]:
    yield _step(_LOAD, _ARCHITECTURE)
    yield _step(_EQUAL, _ARCHITECTURES[machine], yes=1)
    yield _step(_RETURN, _REFUSE)
    yield _step(_LOAD, _NUMBER)
    yield _step(_AT_LEAST, _OTHER_NUMBERING, yes=len(refused) + 1)
    for i, number in enumerate(refused):
        yield _step(_EQUAL, number, yes=len(refused) - i)
    yield _step(_ALWAYS, 1)
    yield _step(_RETURN, _REFUSE)
    yield _step(_EQUAL, _PRLIMIT[machine], no=3)
    yield _step(_LOAD, _FIRST_ARGUMENT)
    yield _step(_EQUAL, _OWN_PROCESS, yes=1)
    yield _step(_RETURN, _REFUSE)
    yield _step(_RETURN, _ALLOW)


def _step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("HBBI", code, yes, no, value)

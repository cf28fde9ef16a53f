"""What hostile code must leave alone, and a way to see that it did."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import numpy as np

SITE = Path(np.__file__).parents[1]
TOKEN = "CODEOPT_TEST_TOKEN"


@dataclass
class Surroundings:
    """Folders with files, a process, servers that listen, and a secret in the environment."""

    folder: Path
    canary: subprocess.Popen[bytes]
    servers: list[socket.socket]
    secret: str
    signalled: list[int] = field(default_factory=list)

    @property
    def outside(self) -> Path:
        return self.folder / "outside"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def project(self) -> Path:
        return self.folder / "project"

    def fill_in(self, source: str) -> str:
        """The source with the places that it names."""
        tcp, udp, unix = self.servers[:3]
        places = {
            "OUTSIDE": self.outside,
            "PROJECT": self.project,
            "PORT": tcp.getsockname()[1],
            "FREE": udp.getsockname()[1],
            "SOCKET": unix.getsockname(),
            "LATER": self.folder / "later.socket",
            "SECRETS": self.home / ".netrc",
            "PARENT": os.getpid(),
            "CANARY": self.canary.pid,
        }
        for name, place in places.items():
            source = source.replace(f"@{name}@", str(place))
        return source

    def listen_later(self) -> None:
        """One more server, after a sandbox was started."""
        path = self.folder / "later.socket"
        path.unlink(missing_ok=True)
        self.servers[3:] = [_listening(socket.AF_UNIX, str(path))]

    def picture(self) -> dict[str, str]:
        """All that must stay as it is."""
        found = {str(place): _digest(place) for place in (self.outside, self.project, self.home)}
        for place in (Path("/tmp"), SITE):
            found[str(place)] = str(sorted(p.name for p in place.iterdir() if "hostile" in p.name))
        found["/dev/shm"] = str(sorted(os.listdir("/dev/shm")))
        found["canary"] = str(self.canary.poll())
        found["signals"] = str(self.signalled)
        for i, server in enumerate(self.servers):
            found[f"server {i}"] = _heard(server)
        return found


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted([folder, *folder.rglob("*")]):
        status = path.lstat()
        digest.update(f"{path} {status.st_mode} {status.st_size} {status.st_mtime_ns}".encode())
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _heard(server: socket.socket) -> str:
    try:
        if server.type == socket.SOCK_DGRAM:
            return repr(server.recv(10))
        server.accept()[0].close()
    except BlockingIOError:
        return "nothing"
    return "a connection"


def _listening(family: socket.AddressFamily, address: str | tuple[str, int]) -> socket.socket:
    server = socket.socket(family)
    server.bind(address)
    server.listen()
    server.setblocking(False)
    return server


@contextlib.contextmanager
def surroundings(folder: Path) -> Iterator[Surroundings]:
    """Set everything up, and take it down."""
    tcp = _listening(socket.AF_INET, ("127.0.0.1", 0))
    udp = socket.socket(type=socket.SOCK_DGRAM)
    udp.bind(tcp.getsockname())
    udp.setblocking(False)
    servers = [tcp, udp, _listening(socket.AF_UNIX, str(folder / "server.socket"))]
    canary = subprocess.Popen(["sleep", "600"])
    made = Surroundings(folder, canary, servers, secrets.token_hex(16))
    for place in (made.outside, made.project, made.home):
        place.mkdir()
        (place / "canary.txt").write_text("alive")
    (made.home / ".netrc").write_text(made.secret)
    os.environ[TOKEN] = made.secret
    home, os.environ["HOME"] = os.environ["HOME"], str(made.home)

    def note(number: int, frame: FrameType | None) -> None:
        made.signalled.append(number)

    before = signal.signal(signal.SIGUSR1, note)
    try:
        yield made
    finally:
        signal.signal(signal.SIGUSR1, before)
        del os.environ[TOKEN]
        os.environ["HOME"] = home
        canary.kill()
        canary.wait()
        for server in made.servers:
            server.close()


def processes_of(folder: Path) -> set[int]:
    """Processes of the sandbox with this folder, its own ones included."""
    mark = f"CODEOPT_SANDBOX={folder / 'jobs'}".encode()
    found = set()
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if mark in Path(f"/proc/{name}/environ").read_bytes():
                found.add(int(name))
    return found


def wait_until_gone(folder: Path, known: set[int]) -> set[int]:
    """Processes beyond the known ones that are still there after a second."""
    for _ in range(20):
        left = processes_of(folder) - known
        if not left:
            break
        time.sleep(0.05)
    return left

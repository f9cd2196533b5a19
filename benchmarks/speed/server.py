"""nginx with canned answers, on a core of its own; how busy that is tells who waits for whom."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trustme
from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Generator

_CONFIG = """
daemon off; worker_processes 1; worker_cpu_affinity {mask}; pid {folder}/pid; error_log stderr crit;
events {{ worker_connections 8192; multi_accept on; }}
http {{
  access_log off; default_type application/json; keepalive_timeout 60s;
  keepalive_requests 1000000000; tcp_nodelay on; sendfile on; open_file_cache max=16;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{
    listen 127.0.0.1:{plain} backlog=8192; listen 127.0.0.1:{tls} ssl backlog=8192;
    ssl_certificate {folder}/chain.pem; ssl_certificate_key {folder}/key.pem;
    location /small/ {{ return 200 '{small}'; }}
    location /large/ {{ root {folder}; error_page 404 405 =200 /large.json; }}
    location /members/ {{ root {folder}; error_page 404 405 =200 /members.json; }}
    location / {{ root {folder}; }}
  }}
}}
"""
_ROOM: dict[str, Any] = json.loads("""
{"roomid": 66, "valid": true, "name": "tea house", "creator": "amy", "announcement": null,
 "muted": false, "broadcasturl": "", "ext": "", "queuelevel": 0, "ionotify": true}
""")
_MEMBER: dict[str, Any] = json.loads("""
{"accid": "zhangsan", "roomid": 66, "nick": "三", "avator": "https://x.example/a.png",
 "type": "COMMON", "level": 0, "onlineStat": true, "enterTime": 1456396333115,
 "blacklisted": false, "muted": false, "tempMuted": false, "ext": "{}", "isRobot": false}
""")
_LARGE = 50_000
_MEMBERS = 500


@frozen(kw_only=True)
class Server:
    """
    A running server.

    Attributes:
        plain: Its port without TLS.
        tls: Its port with TLS.
        authority: File with the certificate to trust.
        pid: The process that works.
    """

    plain: int
    tls: int
    authority: str
    pid: int

    def url(self, kind: str, *, tls: bool = False) -> str:
        """Return a base URL; the kind is ``small``, ``large`` or ``members``."""
        if tls:
            return f"https://localhost:{self.tls}/{kind}/nimserver"
        return f"http://127.0.0.1:{self.plain}/{kind}/nimserver"

    def seconds_busy(self) -> float:
        """Return the CPU time it took so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def bodies() -> dict[str, bytes]:
    """Make the three answers."""
    members = [_MEMBER | {"accid": f"user-{i}"} for i in range(_MEMBERS)]
    room = {"code": 200, "chatroom": _ROOM}
    large = {"code": 200, "chatroom": _ROOM | {"ext": "x" * (_LARGE - len(json.dumps(room)))}}
    found: dict[str, dict[str, Any]] = {
        "small": room,
        "large": large,
        "members": {"code": 200, "desc": {"data": members}},
    }
    return {name: json.dumps(body, ensure_ascii=False).encode() for name, body in found.items()}


@contextmanager
def serve(core: int) -> Generator[Server]:
    """Run nginx, pinned to a core."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        found = bodies()
        for kind in ("large", "members"):
            (folder / f"{kind}.json").write_bytes(found[kind])
        authority: Any = trustme.CA()
        authority.cert_pem.write_to_path(str(folder / "authority.pem"))
        certificate = authority.issue_cert("localhost")
        certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
        for part in certificate.cert_chain_pems:
            part.write_to_path(str(folder / "chain.pem"), append=True)
        plain, tls = _free_port(), _free_port()
        config = folder / "nginx.conf"
        config.write_text(
            _CONFIG.format(
                folder=folder,
                plain=plain,
                tls=tls,
                mask=f"{1 << core:b}",
                small=found["small"].decode(),
            ),
            "utf-8",
        )
        master = subprocess.Popen([program, "-c", str(config), "-e", "stderr"])  # noqa: S603
        try:
            _wait(plain, master)
            children = Path(f"/proc/{master.pid}/task/{master.pid}/children").read_text("ascii")
            yield Server(
                plain=plain,
                tls=tls,
                authority=str(folder / "authority.pem"),
                pid=int(children.split()[0]),
            )
        finally:
            master.terminate()
            master.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise RuntimeError("nginx did not start")

"""Nothing leaves the machine but what a plan asks for: each packet of whole commands is counted."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.support import Desk
from tests.tui.terminal import ROOT

# Everything but loopback is reached through `out`, which leads nowhere and counts what it is given.
PLACE = """
echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
ip link set lo up && ip link add out type veth peer name nowhere && ip link set nowhere up &&
ip addr add 192.0.2.1/24 dev out && ip link set out up && ip route add default dev out || exit 77
"$@"
grep 'out:' /proc/net/dev
"""


def packets(folder: Path, *command: str) -> int:
    """How many packets a command and its children send out of the machine."""
    if not (shutil.which("ip") and shutil.which("unshare")):
        pytest.skip("needs iproute2 and unshare")
    done = subprocess.run(
        ["unshare", "-n", "sh", "-c", PLACE, "sh", *command],
        capture_output=True, text=True, cwd=folder, timeout=120, check=False,
    )  # fmt: skip
    if done.returncode == 77 or "Operation not permitted" in done.stderr:
        pytest.skip(f"no network of one's own here: {done.stderr.strip()}")
    counted = done.stdout.splitlines()[-1].split(":")[1].split()
    return int(counted[9])


def test_a_packet_that_leaves_is_counted(tmp_path: Path) -> None:
    send = (
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x',"
        " ('198.51.100.1', 53))"
    )
    assert packets(tmp_path, sys.executable, "-c", send) > 0


def test_a_whole_run_and_its_report_send_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    desk = Desk(tmp_path)
    desk.write()
    fftui = (
        "import sys; from fftui.cli import main\n"
        "for words in ('run plan.toml --headless', 'status quick', 'doctor quick', 'doctor',\n"
        "              'compare quick quick --by run', 'report quick -o report.html',\n"
        "              'export quick -o out.jsonl', 'corpus prompts.jsonl',\n"
        "              'preflight plan.toml'):\n"
        "    code = main(words.split())\n"
        "    assert code in (0, 2), (words, code)\n"
    )
    command = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{fftui}"
    assert packets(desk.folder, sys.executable, "-c", command) == 0
    assert (desk.folder / "report.html").exists()

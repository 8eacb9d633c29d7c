"""A SLURM of this machine, for tests: munged, slurmctld and slurmd on loopback, all in a temporary folder.

The programs are those of the Debian packages munge, slurmctld, slurmd and slurm-client; nothing of their own
configuration is read, and nothing is left behind.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel")
PACKAGES = "apt-get install --no-install-recommends munge slurmctld slurmd slurm-client"
_WITHIN = 60
_CONFIGURATION = """
ClusterName=gridscan
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SchedulerParameters=batch_sched_delay=1,sched_interval=2,bf_interval=5
KillWait=5
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=4000 State=UNKNOWN
PartitionName=debug Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> list[str]:
    """Return the programs that are not installed."""
    return [name for name in PROGRAMS if shutil.which(name, path=_path()) is None]


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


@contextlib.contextmanager
def running(folder: Path) -> Iterator[dict[str, str]]:
    """Start the programs in a folder, yield the environment for those that talk with them, and stop them."""
    folder.chmod(0o755)
    for name in ("state", "spool"):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.write_bytes(secrets.token_bytes(128))
    key.chmod(0o600)
    configuration = folder / "slurm.conf"
    said = {"host": socket.gethostname().partition(".")[0], "folder": folder, "user": _user()}
    ports = dict(zip(("controller", "node"), _free_ports(2), strict=True))
    configuration.write_text(_CONFIGURATION.format(**said, **ports), encoding="utf-8")
    environment = {**os.environ, "PATH": _path(), "SLURM_CONF": str(configuration)}
    files = {name: folder / f"munge.{name}" for name in ("socket", "pid", "log", "seed")}
    munge = [f"--socket={files['socket']}", f"--pid-file={files['pid']}", f"--log-file={files['log']}"]
    munge += [f"--seed-file={files['seed']}", f"--key-file={key}", "--force", "--foreground", "--num-threads=2"]
    commands = [["munged", *munge], *([name, "-D", "-f", str(configuration)] for name in ("slurmctld", "slurmd"))]
    with contextlib.ExitStack() as stack:
        for command in commands:
            stack.enter_context(_process(command, folder, environment))
            time.sleep(1)
        _wait_for_node(environment, folder)
        try:
            yield environment
        finally:
            subprocess.run(["scancel", f"--user={_user()}"], env=environment, check=False)
            time.sleep(2)


@contextlib.contextmanager
def _process(command: list[str], folder: Path, environment: dict[str, str]) -> Iterator[None]:
    with Path(folder, f"{command[0]}.out").open("wb") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for_node(environment: dict[str, str], folder: Path) -> None:
    until = time.monotonic() + _WITHIN
    while time.monotonic() < until:
        found = subprocess.run(
            ["sinfo", "-h", "-o", "%T"], env=environment, capture_output=True, text=True, check=False
        )
        if found.stdout.strip() == "idle":
            return
        time.sleep(1)
    logs = "\n".join(
        f"--- {path.name}\n{path.read_text(errors='replace')[-1500:]}"
        for path in [*folder.glob("*.log"), *folder.glob("*.out")]
    )
    raise RuntimeError(f"no node is idle after {_WITHIN} s\n{logs}")


def _user() -> str:
    import pwd

    return pwd.getpwuid(os.getuid()).pw_name


def _free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _ in range(number)]
    try:
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        return [item.getsockname()[1] for item in sockets]
    finally:
        for item in sockets:
            item.close()

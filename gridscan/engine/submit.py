"""Job arrays: the scripts that compute a run in shards on a cluster and merge them, and how they are submitted.

What has to be quoted stands in the shell part of a script only, and no path in its directives, whose quoting each
system reads in its own way. A script ends with the status of gridscan.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridscan.atomic import replacing
from gridscan.engine.division import Division
from gridscan.errors import StoreError, printable
from gridscan.marks.files import first_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridscan.engine.merging import Survey

_TIME = re.compile(r"[0-9][0-9:-]*")
_OPTION = re.compile(r"(-[^\s=]+[ =])(.+)")
_LONGEST_NAME = 15
_WAIT = 60
# Control characters, halves of characters, and what ends a line or a paragraph.
_NO_TEXT = ("Cc", "Cs", "Zl", "Zp")


@dataclass(frozen=True)
class System:
    """A batch system, by the words that it takes.

    Attributes
    ----------
    directive
        With which its options begin in a script.
    always, name, array, time, partition, account, cpus
        Options, with a place for their value.
    number
        The variable that holds the number of a job in its array.
    submit, after
        The command that submits a script, and its option for a job that waits for the end of another.
    lists
        Whether an array may be any list of numbers, and may have one job.
    """

    directive: str
    always: tuple[str, ...]
    name: str
    array: str
    time: str
    partition: str
    account: str
    cpus: str
    number: str
    submit: tuple[str, ...]
    after: tuple[str, ...]
    lists: bool


SYSTEMS = {
    "slurm": System(
        directive="#SBATCH",
        always=("--output=/dev/null",),
        name="--job-name={}",
        array="--array={}",
        time="--time={}",
        partition="--partition={}",
        account="--account={}",
        cpus="--cpus-per-task={}",
        number="SLURM_ARRAY_TASK_ID",
        submit=("sbatch", "--parsable"),
        after=("--dependency=afterany:{}",),
        lists=True,
    ),
    "pbs": System(
        directive="#PBS",
        always=("-V", "-j oe", "-o /dev/null"),
        name="-N {}",
        array="-J {}",
        time="-l walltime={}",
        partition="-q {}",
        account="-A {}",
        cpus="-l select=1:ncpus={}",
        number="PBS_ARRAY_INDEX",
        submit=("qsub",),
        after=("-W", "depend=afterany:{}"),
        lists=False,
    ),
}


@dataclass(frozen=True)
class Jobs:
    """The jobs of a run: an array that computes shards, and one that merges them.

    Attributes
    ----------
    folder
        Of the scripts and logs.
    numbers
        Of the shards that are not done.
    array, merge
        The scripts; the first is empty where nothing is left to compute.
    """

    system: System
    folder: Path
    numbers: tuple[int, ...]
    array: str
    merge: str

    @classmethod
    def of(
        cls,
        survey: Survey,
        jobs: int,
        system: System,
        merged: Sequence[str],
        run: Sequence[str],
        options: Mapping[str, Any],
    ) -> Jobs:
        """Return the jobs that are left to be done.

        Parameters
        ----------
        jobs
            Number of shards.
        merged, run
            Arguments of ``gridscan merge``, and those of ``gridscan run`` without its shard.
        options
            ``time``, ``partition``, ``account``, ``cpus`` and ``extra``.

        Raises
        ------
        StoreError
            If the run cannot be divided so, or an option cannot stand in a script.
        """
        _check_split(survey, jobs)
        folder = Path(os.path.abspath(survey.output.with_name(f"{survey.output.name}.jobs")))
        left = [state.shard.number for state in survey.states(jobs) if state.shard and _is_left(state)]
        name = re.sub(r"[^A-Za-z0-9_]+", "_", survey.output.stem).strip("_") or "run"
        array = ""
        if left:
            listed, number = _array_of(left, system)
            shared = _directives(system, f"g_{name}"[:_LONGEST_NAME], options)
            directives = [*([system.array.format(listed)] if listed else []), *shared]
            words = [*map(shlex.quote, ["run", *run, "--shard"]), f'"$number/{jobs}"']
            array = _script(system, directives, folder, '"shard-$number.log"', words, number)
        directives = _directives(system, f"m_{name}"[:_LONGEST_NAME], options)
        merge = _script(system, directives, folder, "merge.log", list(map(shlex.quote, ["merge", *merged])))
        _check([*run, str(folder), os.getcwd(), sys.executable, *map(str, options.values()), *options["extra"]])
        return cls(system, folder, tuple(left), array, merge)

    def shown(self) -> str:
        """Return the scripts, and how they are submitted, as text."""
        after = shlex.join([*self.system.submit, *self._after("ID"), str(self.folder / "merge.sh")])
        first = f"{shlex.join([*self.system.submit, str(self.folder / 'array.sh')])}  # says the ID for the next\n"
        return f"{self.array}\n{self.merge}\n{first}{after}\n" if self.array else f"{self.merge}\n{after}\n"

    def _after(self, job: str) -> list[str]:
        return [part.format(job) for part in self.system.after] if self.array else []

    def written(self) -> None:
        """Write the scripts into their folder.

        Raises
        ------
        StoreError
            If somebody has changed them.
        """
        for name, text in (("array.sh", self.array), ("merge.sh", self.merge)):
            if text:
                with replacing(self.folder / name) as temporary:
                    temporary.write_text(text, encoding="utf-8")

    def submit(self) -> tuple[str, str]:
        """Submit the jobs, and return how the system calls them."""
        first = self._submitted([str(self.folder / "array.sh")]) if self.array else ""
        return first, self._submitted([*self._after(first), str(self.folder / "merge.sh")])

    def _submitted(self, words: Sequence[str]) -> str:
        command = self.system.submit[0]
        try:
            done = subprocess.run(
                [*self.system.submit, *words], capture_output=True, text=True, timeout=_WAIT, check=False
            )
        except FileNotFoundError:
            raise StoreError(
                f"there is no {command} on this machine; submit on a login node of the cluster, or see the scripts with"
                " --dry-run"
            ) from None
        except subprocess.TimeoutExpired:
            raise StoreError(f"{command} has not answered for {_WAIT} s; is the job in the queue?") from None
        if done.returncode:
            said = "; ".join((done.stderr or done.stdout).split("\n")).strip("; ")
            raise StoreError(f"{command} refuses {words[-1]}: {printable(said)}")
        return done.stdout.strip().partition(";")[0]


def submitted(jobs: Jobs) -> str:
    """Write and submit jobs, and return what was done.

    Raises
    ------
    StoreError
        If that is not possible.
    """
    jobs.written()
    first, merge = jobs.submit()
    many = len(jobs.numbers)
    said = f"submitted {many:,} {'shard' if many == 1 else 'shards'} as {first}, and as {merge} their merge"
    return f"{said if first else f'submitted as {merge} the merge of all shards, which are done'}; logs: {jobs.folder}"


def _check_split(survey: Survey, jobs: int) -> None:
    others = [of for of in survey.splits if of != jobs]
    if others:
        raise StoreError(
            f"{survey.output}: has shards of a split into {others[0]}; go on with --jobs {others[0]}, or remove them"
        )
    most = Division(survey.plan.block_plan, jobs).most
    if jobs > most:
        raise StoreError(f"--jobs {jobs}: the work of this grid is in {most} blocks, and a job needs at least one")


def _is_left(state: Any) -> bool:
    return not state.is_complete and state.kind != "running"


def _array_of(left: Sequence[int], system: System) -> tuple[str, str]:
    """Return an array as a batch system has it (none for a single job of PBS), and the number of a shard in it."""
    if system.lists:
        return _ranges(left), f'"${system.number}"'
    if len(left) == 1:
        return "", str(left[0])
    # Shards in between that are done end at once.
    return f"{left[0]}-{left[-1]}", f'"${system.number}"'


def _ranges(numbers: Sequence[int]) -> str:
    """Return numbers in order as a list of ranges, such as ``1-3,7``."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)


def _directives(system: System, name: str, options: Mapping[str, Any]) -> list[str]:
    if not _TIME.fullmatch(options["time"]):
        raise StoreError(f"--time '{printable(options['time'], lines=False)}' is not a walltime such as 02:00:00")
    found = [system.name.format(name), system.time.format(options["time"]), *system.always]
    for key in ("partition", "account", "cpus"):
        if options[key] is not None:
            found.append(getattr(system, key).format(shlex.quote(str(options[key]))))
    return [*found, *(_quoted(option) for option in options["extra"])]


def _quoted(option: str) -> str:
    """Return an option of a batch system, such as ``--mem=8G`` or ``-l mem=8gb``, with its value quoted."""
    found = _OPTION.fullmatch(option)
    return f"{found[1]}{shlex.quote(found[2])}" if found else shlex.quote(option)


def _script(
    system: System, directives: Sequence[str], folder: Path, log: str, words: Sequence[str], number: str = ""
) -> str:
    lines = ["#!/bin/bash", first_line().rstrip("\n"), *(f"{system.directive} {item}" for item in directives)]
    lines += [f"number={number}"] if number else []
    lines += [
        f"exec >>{shlex.quote(f'{folder}/')}{log} 2>&1 || exit 1",
        f"cd {shlex.quote(os.getcwd())} || exit 1",
        f"exec {shlex.quote(sys.executable)} -P -m gridscan {' '.join(words)}",
    ]
    return "\n".join([*lines, ""])


def _check(texts: Sequence[str]) -> None:
    """Refuse what cannot stand on one line of a script."""
    for text in texts:
        if any(unicodedata.category(sign) in _NO_TEXT for sign in text):
            raise StoreError(
                f"'{printable(text, lines=False)}' has a line break or another control character, which a job script"
                " cannot hold"
            )

"""Jobs side by side, each in one of several processes: what one job's end, bad or sudden, never means for the others.

A process begins as a new Python that imports the task and nothing of the program that called, so that the caller may
be a command, a notebook or a script without a guard. When the caller goes away, by Ctrl-C or by a kill, the processes
notice by themselves.
"""

import signal
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from threading import Thread
from time import monotonic
from traceback import extract_tb
from types import ModuleType
from typing import Any, Generic, TypeAlias, TypeVar

from threadpoolctl import threadpool_limits

from numink.errors import NuminkError

Job = TypeVar("Job")
Result = TypeVar("Result")
Say: TypeAlias = Callable[[Any], bool]
"""say(anything): tells the caller. False where nobody listens any more: end soon, and keep what there is."""

SECONDS_TO_END = 5.0
"""How long a process may take to finish a step and save, once nobody waits for it."""


@dataclass(frozen=True)
class Failure:
    """Why a job has no result: kind is the error's class, or "died"; line says what happened, in one line."""

    kind: str
    line: str


def side_by_side(
    task: Callable[[Job, Say], Result],
    jobs: Sequence[Job],
    processes: int,
    heard: Callable[[int, Any], None] = lambda index, said: None,
) -> Generator[tuple[int, Result | Failure], None, None]:
    """Do task(job, say) for each job; yield (the job's place, its result or why there is none) as they end.

    task: a function of a module; it, jobs, results and what is said are pickled. processes: how many work at once,
    each with one BLAS thread. heard(place, anything) is called in the caller's thread for all that is said.

    A job that raises, or whose process is killed, fails alone. Ctrl-C is for the caller: it raises KeyboardInterrupt
    here, whereupon the processes are left SECONDS_TO_END to finish what `say` tells them nobody waits for, and are
    then ended. None outlives the iterator; use it in `contextlib.closing` where it may be left early.
    """
    waiting, free, busy = deque(enumerate(jobs)), list[_Hand[Job, Result]](), dict[Connection, _Hand[Job, Result]]()
    try:
        while waiting or busy:
            while waiting and len(busy) < max(processes, 1):
                hand = free.pop() if free else _Hand(task)
                busy[hand.connection] = hand
                hand.begin(*waiting.popleft())
            for connection in wait(list(busy)):
                assert isinstance(connection, Connection)
                hand = busy[connection]
                said, value = hand.hear()
                if said:
                    heard(hand.place, value)
                    continue
                del busy[connection]
                if hand.alive:
                    free.append(hand)
                yield hand.place, value
    finally:
        _dismiss([*free, *busy.values()])


class _Hand(Generic[Job, Result]):
    """A process, the connection to it, and the place of the job that it does."""

    def __init__(self, task: Callable[[Job, Say], Result]) -> None:
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        # A daemon: should all else fail, it ends with this process
        self.process = context.Process(target=_serve, args=(theirs, task), daemon=True)
        self.place, self.alive = -1, True
        with _nothing_inherited():
            self.process.start()
        theirs.close()  # or its end would never be seen

    def begin(self, place: int, job: Job) -> None:
        """Hand the job over."""
        self.place = place
        with suppress(OSError):  # it is dead already, which is what `hear` will find
            self.connection.send(job)

    def hear(self) -> tuple[bool, Any]:
        """(True, what was said) or (False, the result or Failure)."""
        try:
            heard: tuple[bool, Any] = self.connection.recv()
            return heard
        except (EOFError, OSError):
            self.alive = False
            self.connection.close()
            self.process.join()
            return False, Failure("died", _death(self.process.exitcode or 0))


def _serve(connection: Connection, task: Callable[[Any, Say], Any]) -> None:
    """A process's life: one job after the other, until the caller hangs up."""

    def say(said: Any) -> bool:
        try:
            connection.send((True, said))
        except OSError:
            return False
        return True

    def work() -> None:
        with suppress(EOFError, OSError):
            while True:
                job = connection.recv()
                try:
                    connection.send((False, task(job, say)))
                except Exception as error:
                    connection.send((False, Failure(type(error).__name__, _line(error))))

    import numpy as np  # noqa: F401 - the limit holds for libraries that are there

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with threadpool_limits(1, user_api="blas"):
        working = Thread(target=work)  # the main thread alone could hear Ctrl-C again, as a training there would
        working.start()
        working.join()


def _dismiss(hands: "Iterable[_Hand[Job, Result]]") -> None:
    """Hang up, and see to it that every process ends."""
    processes = [hand.process for hand in hands]
    for hand in hands:
        hand.connection.close()
    until = monotonic() + SECONDS_TO_END
    try:
        for process in processes:
            process.join(max(until - monotonic(), 0))
    finally:  # a second Ctrl-C does not wait
        for process in processes:
            process.kill()
        for process in processes:
            process.join()


@contextmanager
def _nothing_inherited() -> Iterator[None]:
    """While a process is started: Ctrl-C is for the caller alone, and the caller's script is not to be run again."""
    main, before = sys.modules["__main__"], None
    sys.modules["__main__"] = ModuleType("__main__")
    with suppress(ValueError):  # outside the main thread nobody may touch signals
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        sys.modules["__main__"] = main
        if before is not None:
            signal.signal(signal.SIGINT, before)


def _line(error: Exception) -> str:
    """What happened, in one line; of a fault of our own also where."""
    if isinstance(error, NuminkError):
        return str(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory for this; make the network or the batch smaller, or use fewer workers"
    place = extract_tb(error.__traceback__)[-1]
    return " ".join(f"{type(error).__name__}: {error} ({place.name}, line {place.lineno})".split())


def _death(exit_code: int) -> str:
    if exit_code == -signal.SIGKILL:
        return "its process was killed; if memory ran out, use fewer workers"
    return f"its process ended by {signal.Signals(-exit_code).name if exit_code < 0 else f'exit status {exit_code}'}"

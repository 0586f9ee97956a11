"""A crew: threads that share out the parts of one task, the calling thread being one of them.

One thread more stands beside them, for what will be needed next.

NumPy lets go of Python's lock inside its loops and matrix products, so that threads do compute side by side. Who
computes a part never changes what it gives; every part's result has its own place, and sums are made in order.
"""

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from queue import SimpleQueue
from types import TracebackType
from typing import Self, TypeAlias, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

Task: TypeAlias = Callable[[int, int], None]
"""task(part, worker): do this part, by this worker."""
Result = TypeVar("Result")

# How long a thread waits for Python's lock before it asks for it. Python's own 5 ms is as long as ten steps of a small
# network: with 0.1 ms those steps take 6 % less time.
SWITCH_INTERVAL_SECONDS = 1e-4


class Crew(AbstractContextManager["Crew"]):
    """`size` workers, each with one BLAS thread: the limit is the process's, and holds until the crew is dismissed."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._limits: threadpool_limits | None = None
        self._orders: list[SimpleQueue[tuple[Task, int] | None]] = [SimpleQueue() for _ in range(size - 1)]
        self._done: SimpleQueue[BaseException | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._beside: ThreadPoolExecutor | None = None

    def __enter__(self) -> Self:
        # Entered and left, not only made: the thread that set a limit keeps all others from it until it leaves.
        self._limits = threadpool_limits(1, user_api="blas")
        self._limits.__enter__()
        self._switch_interval_seconds = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
        for worker, orders in enumerate(self._orders, start=1):
            thread = threading.Thread(target=self._serve, args=(worker, orders), daemon=True)
            thread.start()
            self._threads.append(thread)
        if self.size > 1:
            self._beside = ThreadPoolExecutor(1, initializer=partial(np.seterr, all="ignore"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._beside is not None:
            self._beside.shutdown(cancel_futures=True)
            self._beside = None
        for orders in self._orders:
            orders.put(None)
        for thread in self._threads:
            thread.join()
        sys.setswitchinterval(self._switch_interval_seconds)
        if self._limits is not None:
            self._limits.__exit__(kind, error, trace)

    def share(self, task: Task, parts: int) -> None:
        """Call task(part, worker) for every part from 0 to parts - 1, worker w taking parts w, w + size, ...

        Returns when all are done. If a part fails, its worker stops, the others finish theirs, and an error is raised.
        """
        helpers = min(self.size, parts) - 1
        for orders in self._orders[:helpers]:
            orders.put((task, parts))
        failure: BaseException | None = None
        try:
            self._work(task, parts, 0)
        except BaseException as error:
            failure = error
        for _ in range(helpers):
            failure = self._done.get() or failure
        if failure is not None:
            raise failure

    def beside(self, task: Callable[[], Result]) -> "Future[Result] | None":
        """Do this in the thread beside the workers, when it has done what it was given before.

        None where there is no such thread: one worker works alone.
        """
        return self._beside.submit(task) if self._beside else None

    def _work(self, task: Task, parts: int, worker: int) -> None:
        for part in range(worker, parts, self.size):
            task(part, worker)

    def _serve(self, worker: int, orders: "SimpleQueue[tuple[Task, int] | None]") -> None:
        # Overflow ends in a loss that is not finite, which the trainer reports: NumPy need not warn as well.
        with np.errstate(all="ignore"):
            while (order := orders.get()) is not None:
                try:
                    self._work(*order, worker)
                except BaseException as error:
                    self._done.put(error)
                else:
                    self._done.put(None)


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

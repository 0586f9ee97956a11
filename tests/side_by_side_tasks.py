"""What the tests of side_by_side give its processes to do: they import it from here."""

import os
import signal
import time
from pathlib import Path
from types import SimpleNamespace

from numink.errors import TrainingError
from numink.training.callbacks import Interrupt


def task(job, say):
    """One of several fates."""
    what, *rest = job if isinstance(job, tuple) else (job,)
    if what == "say":
        return [say(word) for word in rest]
    if what == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "leave":
        os._exit(3)
    if what == "raise":
        raise rest[0]
    if what == "unpicklable":
        return lambda: None
    if what == "who":
        time.sleep(0.05)
        return os.getpid()
    if what == "threads":
        import numpy  # noqa: F401
        from threadpoolctl import threadpool_info

        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    if what == "until nobody listens":
        begun, ended = map(Path, rest)
        begun.write_text(str(os.getpid()))
        while say("still here"):
            time.sleep(0.01)
        ended.write_text("saved")
    if what == "train":  # which takes Ctrl-C over, where it can
        with Interrupt() as interrupt:
            interrupt.on_train_begin(SimpleNamespace(state=None))
            os.kill(os.getpid(), signal.SIGINT)
            return signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    if what == "deaf":
        Path(rest[0]).write_text(str(os.getpid()))
        time.sleep(3600)
    return what


def fail(job, say):
    """An error of ours, and one of nobody's."""
    if job == "ours":
        raise TrainingError("the loss became nan")
    raise ZeroDivisionError("in two\nlines")

"""A thread that goes its rounds."""

import threading

from pucci.rounds import Rounds

LIMIT_S = 10.0


def test_it_begins_at_once_or_after_a_while_and_is_woken_and_stopped():
    met = threading.Semaphore(0)
    rounds = Rounds("test", met.release, every_s=600, at_once=True)
    rounds.start()
    assert met.acquire(timeout=LIMIT_S)
    assert not met.acquire(timeout=0.1)
    rounds.wake()
    assert met.acquire(timeout=LIMIT_S)
    rounds.stop(LIMIT_S)
    assert rounds.is_stopping
    assert "test" not in [thread.name for thread in threading.enumerate()]
    later = Rounds("later", met.release, every_s=600, idle=True)
    later.start()
    assert not met.acquire(timeout=0.1)
    later.stop(LIMIT_S)
    assert not met.acquire(blocking=False)

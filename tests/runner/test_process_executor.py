import os
import signal
import time

import pytest

from pipeline.runner.process_executor import ProcessPerTask, TaskDied, TaskFailed


def double(number):
    return 2 * number


def die(_):
    os.kill(os.getpid(), signal.SIGKILL)


def fail(_):
    raise ValueError("the third frame is odd")


def hang(_):
    time.sleep(60)


def test_a_killed_a_failing_and_a_hanging_task_cost_nobody_else():
    with ProcessPerTask(workers=3, timeout_s=8.0) as executor:
        futures = [executor.submit(task, 21) for task in (double, die, double, hang, fail, double)]

        assert [futures[i].result() for i in (0, 2, 5)] == [42, 42, 42]
        with pytest.raises(TaskDied, match="killed"):
            futures[1].result()
        with pytest.raises(TaskDied, match="after 8 s"):
            futures[3].result()
        with pytest.raises(TaskFailed, match="third frame is odd"):
            futures[4].result()


def test_what_can_not_be_sent_to_a_process_fails_alone():
    with ProcessPerTask(workers=1) as executor:
        bad = executor.submit(lambda: 1)
        good = executor.submit(double, 1)

        assert good.result() == 2
        assert bad.exception() is not None


def test_shutdown_ends_what_runs():
    started = time.monotonic()
    executor = ProcessPerTask(workers=1)
    executor.submit(hang, 0)
    waiting = executor.submit(double, 1)
    time.sleep(1.0)

    executor.shutdown(cancel_futures=True)

    assert waiting.cancelled()
    assert time.monotonic() - started < 30

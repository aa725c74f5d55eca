"""Work in threads gives what work one after the other gives."""

import threading
import time

import cv2
import pytest

from pipeline.stages.side_by_side import Behind, in_order, read_ahead, side_by_side


@pytest.fixture(params=[1, 2, 4])
def processors(request):
    before = cv2.getNumThreads()
    cv2.setNumThreads(request.param)
    yield request.param
    cv2.setNumThreads(before)


@pytest.mark.parametrize("threads", [0, 1, 3])
def test_results_come_in_the_order_of_their_items_however_long_each_takes(threads):
    def work(number):
        time.sleep(0.02 * (number % 3 == 0))
        return number * number

    assert list(in_order(work, range(20), threads)) == [number * number for number in range(20)]


def test_several_items_are_worked_on_at_once():
    together = threading.Barrier(3)

    assert list(in_order(lambda number: together.wait(5) * 0 + number, range(6), 3)) == list(range(6))


def test_items_are_taken_only_a_little_ahead():
    """Pictures in memory: as many as there are threads, one that waits, and one in use."""
    taken = []

    def items():
        for number in range(50):
            taken.append(number)
            yield number

    for result in in_order(lambda number: number, items(), 2):
        assert len(taken) <= result + 3


@pytest.mark.parametrize("threads", [0, 1, 2])
def test_an_error_comes_when_its_turn_has_come_and_ends_the_work(threads):
    done = []

    def work(number):
        if number == 3:
            raise ValueError("three")
        done.append(number)
        return number

    found = in_order(work, range(100), threads)

    assert [next(found) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(found)
    assert len(done) < 10


def test_reading_ahead_stays_in_one_thread_and_in_order(processors):
    seen, threads = [], set()

    def work(number):
        seen.append(number)
        threads.add(threading.get_ident())
        return number

    assert list(read_ahead(work, range(10))) == list(range(10))
    assert seen == list(range(10))
    assert len(threads) == 1
    assert (threading.get_ident() in threads) == (processors == 1)


def test_one_processor_does_nothing_ahead(processors):
    begun = []
    first = next(side_by_side(lambda number: begun.append(number) or number, range(9)))

    assert first == 0
    assert (begun == [0]) == (processors == 1)


def test_calls_behind_are_made_in_order_and_all_before_the_end(processors):
    made = []
    behind = Behind(2)
    for number in range(12):
        behind.do(lambda number=number: made.append(number))
    behind.finish()

    assert made == list(range(12))


def test_an_error_of_a_call_behind_reaches_the_caller(processors):
    def fail():
        raise OSError("no space left on device")

    behind = Behind(1)
    with pytest.raises(OSError, match="no space"):
        for _ in range(5):
            behind.do(fail)
        behind.finish()

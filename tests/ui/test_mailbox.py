from __future__ import annotations

import gc
import sys
import threading

import pytest

from explorer.ui.parts.mailbox import Mailbox


def test_letters_come_in_order_and_on_the_thread_of_the_box(qtbot):
    read = []
    box = Mailbox(lambda letter: read.append((letter, threading.current_thread())))

    def write():
        for number in range(100):
            box.send(number)

    writer = threading.Thread(target=write)
    writer.start()
    writer.join()
    assert not read  # never on the thread that sends
    qtbot.waitUntil(lambda: len(read) == 100)
    assert [letter for letter, _ in read] == list(range(100))
    assert {thread for _, thread in read} == {threading.main_thread()}


@pytest.fixture
def hasty():
    """Threads take turns as often as can be."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_many_threads_may_send_at_once(qtbot, hasty):
    read = []
    box = Mailbox(read.append)
    begin = threading.Barrier(8)

    def write(writer):
        begin.wait()
        for number in range(1000):
            box.send((writer, number))

    writers = [threading.Thread(target=write, args=(one,)) for one in range(8)]
    for one in writers:
        one.start()
    qtbot.waitUntil(lambda: len(read) == 8000)
    for one in writers:
        one.join()
    for writer in range(8):
        assert [number for who, number in read if who == writer] == list(range(1000))


def test_a_letter_that_is_answered_by_another_does_not_hold_up_the_window(qtbot):
    read = []

    def answer(letter):
        read.append(letter)
        if letter < 3:
            box.send(letter + 1)
            assert read[-1] == letter  # not read within

    box = Mailbox(answer)
    box.send(0)
    qtbot.waitUntil(lambda: read == [0, 1, 2, 3])


def test_what_is_left_in_a_box_that_goes_is_not_read(qtbot):
    read = []
    box = Mailbox(read.append)
    box.send(1)
    del box
    gc.collect()
    qtbot.wait(20)
    assert not read

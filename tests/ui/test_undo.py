"""Whatever is done to the exploration is undone, bit for bit: random sequences on the real parts."""

from __future__ import annotations

import gc
import random
import weakref
from contextlib import contextmanager
from dataclasses import fields, replace

import numpy as np
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from explorer.core.comparison import Comparison, Side
from explorer.core.latent_map import LatentMap
from explorer.core.latent_ops.axes import principal_axes
from explorer.core.latent_ops.axis_set import AxisSet
from explorer.core.latent_ops.directions import direction_between
from explorer.core.latent_ops.probes import probe_labels
from explorer.core.latent_ops.told import Probe
from explorer.core.map_settings import MapRecord, MapSettings
from explorer.core.opening import Plan, open_now
from explorer.core.progress import Progress
from explorer.core.recomparing import kept_of
from explorer.core.sampling import SampleRequest, draw_of
from explorer.core.session import Cursor, DroppedImage, Session
from explorer.ui.app import Explorer
from explorer.ui.decode_loop import DecodeLoop
from explorer.ui.directions.gestures import DirectionGestures


class Person:
    """Does things in a window, by the methods that keys, menus and the mouse call; chance says how."""

    def __init__(self, explorer: Explorer) -> None:
        self.explorer, self.chance = explorer, random.Random(0)
        latents, shown = self.session.work.latents, self.session.map
        self.maps = (shown, LatentMap.of(-shown.positions, latents, MapRecord(MapSettings(seed=1)), shown))
        found = direction_between(latents, np.arange(0, 40), np.arange(40, 90), "means")
        gestures = DirectionGestures(explorer.edits, explorer.jobs, explorer.presenter, lambda: None)
        self.directions = found, gestures
        self.axes = AxisSet("principal", principal_axes(latents))
        field = self.session.work.fields[0]
        self.probe_of_labels = Probe(field.name, field.names, "", probe_labels(latents, field.codes))
        pair = self.session.pair
        self.comparison = kept_of(Comparison.of([Side(pair, self.session.work, shown), Side(pair)]))

    @property
    def session(self) -> Session:
        return self.explorer.store.session

    def place(self) -> tuple[float, float]:
        x, y = self.session.map.positions[self.row()].tolist()
        return x + self.chance.uniform(-1, 1), y + self.chance.uniform(-1, 1)

    def row(self) -> int:
        return self.chance.randrange(len(self.session.work))

    def rows(self) -> np.ndarray:
        return np.unique([self.row() for _ in range(self.chance.randrange(1, 9))])

    def some(self, things) -> int | None:
        """The number of one of some things, if there is any."""
        return self.chance.randrange(len(things)) if things else None

    def pause(self) -> None:
        """Perhaps a frame passes: what the hand has reached enters the session."""
        if self.chance.random() < 0.5:
            self.explorer.edits.settle()

    def probe(self) -> None:
        self.explorer.controller.probe(*self.place(), "press")
        for _ in range(self.chance.randrange(4)):
            self.explorer.controller.probe(*self.place(), "move")
            self.pause()
        self.explorer.controller.probe(*self.place(), "release")

    def carry(self) -> None:
        self.explorer.controller.grab("cursor", 0)
        self.explorer.controller.probe(*self.place(), "move")
        if self.chance.random() < 0.5:  # else the hand is still at it when something else is done
            self.explorer.controller.probe(*self.place(), "release")

    def nudge(self) -> None:
        self.explorer.controller.nudge(self.chance.uniform(-9, 9), self.chance.uniform(-9, 9))

    def go_to_point(self) -> None:
        self.explorer.controller.go_to_row(self.row())

    def throw_dice(self) -> None:
        self.explorer.controller.sample_one()

    def slide(self) -> None:
        self.explorer.edits.new_gesture()
        for _ in range(self.chance.randrange(1, 4)):
            self.explorer.axes.slide(self.chance.randrange(10), self.chance.uniform(-2, 2))
            self.pause()

    def set_input(self) -> None:
        self.explorer.controller.slider_pressed()
        self.explorer.controller.set_extra("x", self.chance.uniform(0, 1))

    def select(self) -> None:
        how = self.chance.choice(("replace", "add", "remove"))
        self.explorer.selecting.outlined(self.rows(), how)

    def change_selection(self) -> None:
        selecting = self.explorer.selecting
        self.chance.choice(
            (selecting.select_none, selecting.invert_selection, selecting.next_selected,
             selecting.previous_selected, selecting.select_in_view)
        )()  # fmt: skip

    def filter(self) -> None:
        coloring, code = self.explorer.coloring, self.chance.randrange(10)
        self.chance.choice(
            (lambda: coloring.isolate(code), lambda: coloring.toggle(code), coloring.show_all)
        )()

    def color(self) -> None:
        self.explorer.coloring.color_by(self.chance.choice(("label", "")))

    def keep(self) -> None:
        self.explorer.tray.keep()

    def use_tray(self) -> None:
        tray, number = self.explorer.tray, self.some(self.session.tray)
        if number is None:
            tray.empty_tray()
        else:
            self.chance.choice((tray.go_to_kept, lambda n: tray.remove_kept([n])))(number)

    def bookmark(self) -> None:
        self.explorer.bookmarks.add_bookmark()

    def use_bookmarks(self) -> None:
        marks, number = self.explorer.bookmarks, self.some(self.session.bookmarks)
        if number is None:
            return
        self.explorer.edits.new_gesture()
        self.chance.choice(
            (
                marks.go_to,
                lambda n: marks.rename(n, f"name {self.chance.random()}"),
                lambda n: marks.set_note(n, "note"),
                lambda n: marks.remove([n]),
                lambda n: marks.move(n, self.chance.randrange(len(self.session.bookmarks))),
            )
        )(number)

    def lay_path(self) -> None:
        self.explorer.paths.station(*self.place(), "place", -1)
        if self.chance.random() < 0.5:
            self.explorer.paths.station(*self.place(), "move", -1)
        self.explorer.paths.station(*self.place(), "release", -1)

    def change_path(self) -> None:
        paths = self.explorer.paths
        self.chance.choice((paths.add_station, paths.remove_station, paths.clear_path))()

    def make_direction(self) -> None:
        """As ``DirectionGestures`` does once it has been found."""
        found = replace(self.directions[0], name=f"to {self.chance.random()}")
        self.explorer.edits.new_gesture()
        self.explorer.edits.edit("Make direction", directions=(*self.session.directions, found))

    def use_direction(self) -> None:
        directions, number = self.directions[1], self.some(self.session.directions)
        if number is None:
            return
        name = self.session.directions[number].name
        self.explorer.edits.new_gesture()
        self.chance.choice(
            (
                lambda: directions.slide(name, self.chance.uniform(-2, 2)),
                lambda: directions.rename(name, f"as {self.chance.random()}"),
                lambda: directions.invert(name),
                lambda: directions.remove(name),
            )
        )()

    def change_axes(self) -> None:
        """As ``AxesGestures`` does once they have been found."""
        if self.session.axes is None:
            self.explorer.edits.new_gesture()
            self.explorer.edits.edit("Slide along principal components", axes=self.axes)
        else:
            self.explorer.axes.use_axes("dimensions")

    def change_probes(self) -> None:
        """As ``ProbePresenter`` does once one has been fitted, or is deleted."""
        self.explorer.edits.new_gesture()
        probes = () if self.session.probes else (self.probe_of_labels,)
        self.explorer.edits.edit("Probe", probes=probes)

    def sample(self) -> None:
        """As ``TrayGestures`` does once its pictures have been decoded."""
        kept, request = self.explorer.tray.here(), SampleRequest("fitted", 2, self.session.seed)
        drawn = draw_of(request, self.session).latents()
        made = tuple(replace(kept, provenance=replace(kept.provenance, latent=one)) for one in drawn)
        self.explorer.edits.new_gesture()
        self.explorer.edits.edit("Sample", tray=(*self.session.tray, *made), seed=self.session.seed + 1)

    def tidy_tray(self) -> None:
        kept, number = self.explorer.kept, self.some(self.session.tray)
        if number is None:
            return
        self.chance.choice(
            (
                lambda: kept.move([number], self.chance.randrange(len(self.session.tray) + 1)),
                lambda: kept.rate([number], self.chance.randrange(6)),
                lambda: kept.tag([number], ("one", "two")),
            )
        )()

    def compare(self) -> None:
        """As ``CompareGestures`` does once models are open, and for what is done in its window."""
        now = self.session.compared
        text, after = self.chance.choice(
            (
                ("Compare", replace(self.comparison, seed=self.row())),
                ("Close comparison", None),
                ("Sample", now and replace(now, seed=self.row(), sampled=True)),
                ("Select", now and replace(now, selection=self.rows())),
            )
        )
        self.explorer.edits.new_gesture()
        self.explorer.comparing._edit(text, after)

    def change_map(self) -> None:
        shown = self.session.map
        other = next(one for one in self.maps if one is not shown)
        self.explorer.mapping.exchange("Show another map", shown, other)

    def drop(self) -> None:
        """As ``DropGestures`` does once its pictures have been encoded."""
        row = self.row()
        latent = np.array(self.session.work.latents[row])
        picture = np.zeros((28, 28, 1), np.uint8)
        dropped = (DroppedImage(f"{row}.png", picture, None, None, latent, self.place()),)
        self.explorer.edits.new_gesture()
        self.explorer.edits.edit(
            "Drop image", dropped=dropped, cursor=Cursor(latent, dropped[0].place, "image")
        )

    def use_dropped(self) -> None:
        here = self.explorer.here
        self.chance.choice((here.next_dropped, here.previous_dropped, here.put_dropped_away))()

    def carry_otherwise(self) -> None:
        self.explorer.here.toggle_carry()

    def undo(self) -> None:
        for _ in range(self.chance.randrange(1, 7)):
            self.explorer.edits.undo()

    def redo(self) -> None:
        for _ in range(self.chance.randrange(1, 7)):
            self.explorer.edits.redo()


ACTIONS = sorted(
    name
    for name, value in vars(Person).items()
    if callable(value) and name[0] != "_" and name not in ("place", "row", "rows", "some", "pause")
)
LENGTH = 50
SEQUENCES = st.binary(min_size=2 * LENGTH, max_size=2 * LENGTH)
"""Two bytes for each action: which, and how."""


class Still(DecodeLoop):
    """A loop that draws nothing, so that thousands of sequences take minutes."""

    def request(self, *_: object) -> None:
        pass


@contextmanager
def person(fashion_bundle, *, shown: bool):
    """A person at a window on Fashion-MNIST that decodes nothing; unless ``shown`` its views are not told."""
    explorer = Explorer()
    opened = open_now(Plan(workspace=fashion_bundle), None, Progress())
    some = np.arange(0, len(opened.work), 20)
    work = replace(
        opened.work,
        latents=opened.work.latents[some],
        logvars=opened.work.logvars[some],
        rows=opened.work.rows[some],
        fields=tuple(replace(one, codes=one.codes[some]) for one in opened.work.fields),
    )
    latent_map = LatentMap.of(opened.map.positions[some], work.latents, opened.map.record)
    explorer.opening._settle(replace(opened, work=work, map=latent_map))
    explorer.loop.close()
    explorer.presenter._loop = Still()
    explorer.sessions.autosave._timer.stop()
    if not shown:
        explorer.store.changed.disconnect()
        explorer.store.changed.connect(explorer.edits._forget_what_cannot_be_undone)
        explorer.store.changed.connect(explorer.controller._forget)
    yield Person(explorer)
    explorer.presenter._loop.close()
    explorer.close()
    explorer.window.close()
    explorer.window.deleteLater()


def state(session: Session) -> list[object]:
    return [getattr(session, field.name) for field in fields(session)]


def same(one: list[object], other: list[object]) -> bool:
    return all(a is b for a, b in zip(one, other, strict=True))


def deliver() -> None:
    """Hand over what jobs have ended with, and delete what is to be deleted."""
    QApplication.processEvents()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def held_objects() -> int:
    """How many objects are there that are the program's or Qt's."""
    deliver()
    gc.collect()
    kinds = ("explorer", "PySide6", "threading")
    return sum(str(type(one).__module__).partition(".")[0] in kinds for one in gc.get_objects())


def held_bytes() -> int:
    """Bytes of the process that lie in memory."""
    return psutil.Process().memory_info().rss


def run(who: Person, sequence: bytes) -> list[weakref.ref]:
    """Do a sequence, undo all, redo all, undo all; returns weak references to what came and went.

    What is known of the states between, by their places on the undo stack, is compared on every way.
    """
    edits, stack = who.explorer.edits, who.explorer.edits.undo_stack
    names = [ACTIONS[one % len(ACTIONS)] for one in sequence[::2]]
    edits.settle()
    stack.clear()
    deliver()
    states, seen = {0: state(who.session)}, []

    def check() -> None:
        known = states.get(stack.index())
        assert known is None or same(state(who.session), known), names

    who.chance.seed(sequence[1::2])
    for name in names:
        before = stack.index()
        getattr(who, name)()
        seen += [weakref.ref(who.session), weakref.ref(who.session.cursor)]
        if name in ("undo", "redo"):
            check()
            continue
        states = {index: known for index, known in states.items() if index <= before}
        who.pause()
        states.pop(stack.index(), None)
        if who.explorer.controller._pending is None and who.explorer.axes._pending is None:
            states[stack.index()] = state(who.session)
    edits.settle()
    states[stack.index()] = state(who.session)
    for way, able in ((edits.undo, stack.canUndo), (edits.redo, stack.canRedo), (edits.undo, stack.canUndo)):
        while able():
            way()
            check()
    return seen


def try_all(who: Person, count: int) -> None:
    """Run ``count`` random sequences; nothing of them is left behind, neither objects nor bytes."""
    held: list[weakref.ref] = []
    done = [0]
    early: list[tuple[int, int]] = []

    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(SEQUENCES)
    def sequences(sequence: bytes) -> None:
        held.extend(run(who, sequence))
        done[0] += 1
        if done[0] % 200 == 0:
            gc.collect()
            held[:] = [one for one in held if one() is not None]
        if done[0] in (count // 10, count):
            who.explorer.edits.undo_stack.clear()
            early.append((held_objects(), held_bytes()))

    sequences()
    (objects, size), (objects_now, size_now) = early
    assert objects_now - objects < 500  # what is made when first used; a leak is one for each of 50 actions
    assert size_now - size < (64 << 20)
    edits = who.explorer.edits
    edits.undo_stack.clear()
    edits.new_gesture()
    gc.collect()
    left = {id(one()) for one in held if one() is not None}
    assert len(left) <= 4, f"{len(left)} of {len(held)} sessions and cursors are still held"


@pytest.mark.usefixtures("qapp")
def test_any_sequence_of_actions_is_undone_bit_for_bit(fashion_bundle):
    with person(fashion_bundle, shown=False) as who:
        try_all(who, 40)


@pytest.mark.usefixtures("qapp")
def test_with_all_views_following_nothing_else_changes_the_session(fashion_bundle):
    with person(fashion_bundle, shown=True) as who:
        for seed in range(3):
            run(who, random.Random(seed).randbytes(2 * LENGTH))


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.usefixtures("qapp")
def test_ten_thousand_sequences_are_undone_bit_for_bit(fashion_bundle):
    with person(fashion_bundle, shown=False) as who:
        try_all(who, 10_000)

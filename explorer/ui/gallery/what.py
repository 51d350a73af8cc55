"""The upper half of Export gallery…: which pictures."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QFormLayout, QSpinBox, QWidget

from explorer.core.recipes.document import Filters, What
from explorer.core.recipes.from_session import Kind, Settings, possible, tray_of
from explorer.core.sampling import SAMPLERS, available
from explorer.core.session import Session
from explorer.ui.gallery.models import GalleryModels
from explorer.ui.parts.check import Check
from explorer.ui.parts.furniture import Choice, heading, quiet

_MOST = 100_000
_STARS = 5
_GAINS = (1, 2, 4, 8, 16)
_ORDERS = {
    "drawn": "As they are drawn",
    "similarity": "Like beside like",
    "label": "By label",
    "path": "Each beside its likest",
}
_FILTERS = {
    "all": ("All that are drawn", Filters()),
    "different": ("The most different of four times as many", Filters(pool=4)),
    "supported": ("Those that the data speak for", Filters(support=0.5)),
    "new": ("None that is nearly a real picture", Filters(distance=10.0)),
}


class GalleryWhat(QObject):
    """Puts rows into a form, and says what they ask for.

    Signals:
        changed: something else is asked for.
    """

    changed = Signal()

    def __init__(
        self,
        form: QFormLayout,
        session: Session,
        models: GalleryModels,
        redone: Kind | None = None,
        seed: int | None = None,
    ) -> None:
        """``redone`` is the kind of a recipe, which comes first then, and ``seed`` its own."""
        super().__init__(form.parentWidget())
        self._form, self._session, self._models = form, session, models
        self._kinds = {**({"recipe": redone} if redone is not None else {}), **possible(session)}
        self._kind, self._sampler, self._order, self._filters = Choice(), Choice(), Choice(), Choice()
        for key, kind in self._kinds.items():
            self._kind.addItem(kind.title, key)
        for sampler in available(session):
            self._sampler.addItem(sampler.title, sampler.name)
        real, mapped, fields = "reconstructions" in self._kinds, session.map is not None, self._fields()
        for key, name in _ORDERS.items():
            if key != "label" or (mapped and fields):
                self._order.addItem(name, key)
        for key, (name, _) in _FILTERS.items():
            if (key != "new" or real) and (key != "supported" or mapped):
                self._filters.addItem(name, key)
        self._note = quiet()
        self._note.setWordWrap(True)
        self._field, self._label, self._direction, self._axes = Choice(), Choice(), Choice(), Choice()
        self._field.addItems(fields)
        self._direction.addItems([one.name for one in session.directions])
        self._axes.addItem("Dimensions, the most informative first", "dimensions")
        if session.work is not None and len(session.work) > 1:
            self._axes.addItem("Principal components", "principal")
        self._count, self._seed, self._support = QSpinBox(), QSpinBox(), QSpinBox()
        self._count.setRange(1, _MOST)
        self._count.setGroupSeparatorShown(True)
        self._seed.setRange(0, 2**31 - 1)
        self._seed.setValue(session.seed if seed is None else seed)
        self._seed.setToolTip("The same seed gives the same pictures")
        self._support.setRange(0, 100)
        self._support.setValue(50)
        self._support.setSuffix(" %")
        self._support.setToolTip("Squares where data speak less than so much for a picture stay empty")
        self._radius, self._temperature = QDoubleSpinBox(), QDoubleSpinBox()
        for box, value, least, most, suffix in (
            (self._radius, Settings.radius, 0.0, 10.0, " σ"),
            (self._temperature, Settings.temperature, 0.05, 3.0, ""),
        ):
            box.setRange(least, most)
            box.setSingleStep(0.1)
            box.setValue(value)
            box.setSuffix(suffix)
        self._difference = Check("Difference")
        self._difference.setChecked(True)
        self._gain = Choice()
        for times in _GAINS:
            self._gain.addItem(f"× {times}" if times > 1 else "As they are", float(times))
        self._gain.setCurrentIndex(self._gain.findData(Settings.gain))
        self._gain.setToolTip("Differences are multiplied by this to be seen; their captions say so")
        self._stars, self._tag = Choice(), Choice()
        self._fill_tray()
        self._lay_out()
        self._list_labels()
        self._take_kind()
        for choice in (
            self._sampler, self._order, self._filters, self._label, self._direction, self._axes, self._gain,
            self._stars, self._tag,
        ):  # fmt: skip
            choice.currentIndexChanged.connect(self._show_rows)
        for number in (self._count, self._seed, self._support, self._radius, self._temperature):
            number.valueChanged.connect(self.changed)
        self._difference.toggled.connect(self._show_rows)
        models.changed.connect(self.changed)
        self._kind.currentIndexChanged.connect(self._take_kind)
        self._field.currentIndexChanged.connect(self._list_labels)

    def kind(self) -> str:
        """The key of the kind."""
        return str(self._kind.currentData())

    def choose(self, kind: str) -> None:
        """Show the rows of this kind, where it can be had."""
        at = self._kind.findData(kind)
        if at >= 0:
            self._kind.setCurrentIndex(at)

    def what(self) -> What:
        """What is asked for. Raises ``ExplorerError`` where that cannot be had."""
        return self._kinds[self.kind()].make(self._session, self._settings())

    def _settings(self) -> Settings:
        return Settings(
            count=self._count.value(),
            seed=self._seed.value(),
            sampler=str(self._sampler.currentData()),
            field=self._field.currentText(),
            label=self._label.currentText(),
            radius=self._radius.value(),
            temperature=self._temperature.value(),
            order=self._order.currentData() if self._shows("order") else "drawn",
            filters=_FILTERS[self._filters.currentData()][1] if self._shows("filters") else Filters(),
            axes=str(self._axes.currentData()),
            support=self._support.value() / 100,
            direction=self._direction.currentText(),
            difference=self._difference.isChecked(),
            gain=self._gain.currentData(),
            stars=self._stars.currentData(),
            tag=self._tag.currentData(),
        )

    def _fields(self) -> list[str]:
        fields = self._session.work.fields if self._session.work is not None else ()
        return [one.name for one in fields if not one.is_text]

    def _lay_out(self) -> None:
        form = self._form
        form.addRow(heading("Pictures"))
        form.addRow("Shows", self._kind)
        form.addRow("", self._note)
        self._rows: dict[str, QWidget] = {}
        for name, title, widget, spoken in (
            ("sampler", "From", self._sampler, "Sampler"),
            ("field", "Column", self._field, "Column of the data"),
            ("label", "Label", self._label, "Label"),
            ("radius", "Radius", self._radius, "Radius"),
            ("temperature", "Temperature", self._temperature, "Temperature"),
            ("direction", "Direction", self._direction, "Direction"),
            ("axes", "Axes", self._axes, "Axes"),
            ("count", "Pictures", self._count, "Pictures"),
            ("support", "Support", self._support, "Least support"),
            ("filters", "Of them", self._filters, "Which samples count"),
            ("order", "Order", self._order, "Order"),
            ("seed", "Seed", self._seed, "Seed"),
            ("difference", "", self._difference, "Difference"),
            ("gain", "Shown", self._gain, "What differences are multiplied by"),
            ("stars", "Rated", self._stars, "Least stars"),
            ("tag", "Tagged", self._tag, "Tag"),
            ("models", "Models", self._models, "Models"),
        ):
            widget.setAccessibleName(spoken)
            form.addRow(title, widget)
            self._rows[name] = widget
        self._kind.setAccessibleName("Kind of gallery")

    def _shows(self, name: str) -> bool:
        settings = self._kinds[self.kind()].settings
        sampler = str(self._sampler.currentData()) if "sampler" in settings else ""
        by_label = "order" in settings and self._order.currentData() == "label"
        return {
            "field": "field" in settings or sampler == "label" or by_label,
            "label": sampler == "label",
            "radius": sampler == "around",
            "temperature": sampler == "narrowed",
            "gain": "gain" in settings and self._difference.isChecked(),
            "stars": "stars" in settings and self._stars.count() > 1,
            "tag": "tag" in settings and self._tag.count() > 1,
        }.get(name, name in settings)

    def _take_kind(self) -> None:
        name, usual = self._kinds[self.kind()].count
        title = self._form.labelForField(self._count)
        if title is not None:
            title.setText(name)  # type: ignore[attr-defined]
        self._count.setAccessibleName(name)
        was = self._count.blockSignals(True)  # told once, by what follows
        self._count.setValue(usual)
        self._count.blockSignals(was)
        self._show_rows()

    def _show_rows(self) -> None:
        settings = self._kinds[self.kind()].settings
        for name, widget in self._rows.items():
            self._form.setRowVisible(widget, self._shows(name))
        sampler = SAMPLERS.get(str(self._sampler.currentData())) if "sampler" in settings else None
        note = sampler.note if sampler else self._kinds[self.kind()].note
        others = len(self._session.tray) - len(tray_of(self._session)) if self.kind() == "tray" else 0
        if others:
            note += f" {others:,} of another model {'is' if others == 1 else 'are'} left out."
        self._note.setText(note)
        self.changed.emit()

    def _fill_tray(self) -> None:
        """The stars and tags that there are to choose by."""
        tray = tray_of(self._session)
        self._stars.addItem("With any stars or none", 0)
        for stars in sorted({one.rating for one in tray if one.rating}):
            self._stars.addItem("★" * stars + (" or more" if stars < _STARS else ""), stars)
        self._tag.addItem("With any tag or none", "")
        for tag in sorted({tag for one in tray for tag in one.tags}):
            self._tag.addItem(tag, tag)

    def _list_labels(self) -> None:
        work, name = self._session.work, self._field.currentText()
        field = next((one for one in work.fields if one.name == name), None) if work is not None else None
        was = self._label.blockSignals(True)
        self._label.clear()
        self._label.addItems(field.names if field is not None else [])
        self._label.blockSignals(was)
        self.changed.emit()

"""Map settings…: how the next map is to be made, in words, with what each setting does."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from explorer.core.map_settings import DETAILS, METHODS, METRICS, MapSettings
from explorer.core.progress import duration_text
from explorer.ui.parts.furniture import Choice

_WIDTH = 340

_METHODS = {
    "umap": ("UMAP", "Keeps neighbours together. How far clusters lie apart means little."),
    "densmap": ("densMAP", "As UMAP, and what is crowded among the latents stays crowded on the map."),
    "pca": ("PCA", "The two directions in which the latents vary most: at once, but much is covered."),
    "latent": ("The latent itself", "The latents have two numbers: they are a map as they are."),
}
_METRICS = {
    "euclidean": ("Straight distance", "What near means between latents: the length of their difference."),
    "cosine": (
        "Angle (cosine)",
        "What near means between latents: a small angle; their lengths do not count.",
    ),
    "correlation": ("Correlation", "As the angle, with each latent's mean taken away first."),
}
_DETAILS = {
    "auto": ("Landmarks, then all", "10,000 points are arranged first, then all of them for a while."),
    "landmarks": (
        "Landmarks only",
        "10,000 points are arranged, the others lie among them: quick, less detail.",
    ),
    "all": ("All from the start", "All points are arranged all the time: slow, hardly better."),
}
_FEW = "Up to 10,000 points all are arranged from the start."
_NEIGHBOURS = "How many neighbours make a neighbourhood. Few show the detail, many the whole."
_DISTANCE = "How close points may lie. Small packs clusters tightly, large spreads them out."
_SEED = "The same seed gives the same map, on any day."
_LABELS = (
    "Points with the same label are pulled together. The map then shows the labels, not the latents alone."
)

Estimate = Callable[[MapSettings], str]


class MapDialog(QDialog):
    """Asks for ``MapSettings``.

    Signals:
        asked: the settings, when the user agrees.
    """

    asked = Signal(object)

    def __init__(
        self,
        parent: QWidget,
        present: MapSettings,
        fields: Sequence[str],
        *,
        size: int,
        many: bool,
        estimate: Estimate,
    ) -> None:
        """``fields`` are the names of label fields, ``size`` the latent's, ``many`` beyond 10,000 points.

        ``estimate`` says in words how long the settings will take.
        """
        super().__init__(parent)
        self.setWindowTitle("Map settings")
        self._estimate, self._many = estimate, many
        self._method = _choice("Method", [(_METHODS[one][0], one) for one in METHODS])
        self._metric = _choice("Near means", [(_METRICS[one][0], one) for one in METRICS])
        self._labels = _choice("Pull by labels", [("No", ""), *((name, name) for name in fields)])
        self._detail = _choice("Points", [(_DETAILS[one][0], one) for one in DETAILS])
        self._neighbours, self._distance, self._seed = QSpinBox(), QDoubleSpinBox(), QSpinBox()
        self._neighbours.setRange(2, 1000)
        self._distance.setRange(0.0, 0.99)
        self._distance.setSingleStep(0.05)
        self._seed.setRange(0, 2**31 - 1)
        if size != 2:
            model = self._method.model()
            assert isinstance(model, QStandardItemModel)
            item = model.item(METHODS.index("latent"))
            item.setEnabled(False)
            item.setToolTip(f"The latents have {size:,} numbers, not two")
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(16)
        self._form.setVerticalSpacing(4)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignRight)
        self._notes: dict[QWidget, QLabel] = {}
        for name, widget, note in (
            ("Method", self._method, ""),
            ("Neighbours", self._neighbours, _NEIGHBOURS),
            ("Least distance", self._distance, _DISTANCE),
            ("Near means", self._metric, ""),
            ("Pull by labels", self._labels, _LABELS),
            ("Points", self._detail, "" if many else _FEW),
            ("Seed", self._seed, _SEED),
        ):
            self._add(name, widget, note)
        self._detail.setEnabled(many)
        self._labels.setEnabled(bool(fields))
        self._time = QLabel()
        self._time.setWordWrap(True)
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok
            | QDialogButtonBox.StandardButton.Cancel
            | QDialogButtonBox.StandardButton.RestoreDefaults
        )
        make = self._buttons.button(QDialogButtonBox.StandardButton.Ok)
        make.setText("Make the map")
        make.setObjectName("primary")
        defaults = self._buttons.button(QDialogButtonBox.StandardButton.RestoreDefaults)
        defaults.setText("Defaults")
        defaults.clicked.connect(lambda: self.set_settings(MapSettings()))
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(12)
        layout.addLayout(self._form)
        layout.addWidget(self._time)
        layout.addWidget(self._buttons)
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
        self.set_settings(present)
        for choice in (self._method, self._metric, self._labels, self._detail):
            choice.currentIndexChanged.connect(self._explain)
        for box in (self._neighbours, self._seed, self._distance):
            box.valueChanged.connect(self._explain)
        self.accepted.connect(lambda: self.asked.emit(self.settings()))

    def settings(self) -> MapSettings:
        """What the dialog says at present."""
        return MapSettings(
            neighbours=self._neighbours.value(),
            min_distance=round(self._distance.value(), 2),
            seed=self._seed.value(),
            metric=str(self._metric.currentData()),
            method=str(self._method.currentData()),
            labels=str(self._labels.currentData()),
            detail=str(self._detail.currentData()),
        )

    def set_settings(self, settings: MapSettings) -> None:
        """Show other settings; a field or a method that is not to be had here is as by default."""
        self._neighbours.setValue(settings.neighbours)
        self._distance.setValue(settings.min_distance)
        self._seed.setValue(settings.seed)
        for choice, value in (
            (self._metric, settings.metric),
            (self._method, settings.method),
            (self._labels, settings.labels),
            (self._detail, settings.detail if self._many else "auto"),
        ):
            choice.setCurrentIndex(max(0, choice.findData(value)))
        self._explain()

    def _add(self, name: str, widget: QWidget, note: str) -> None:
        widget.setAccessibleName(name)
        label = QLabel(note)
        label.setObjectName("quiet")
        label.setWordWrap(True)
        label.setFixedWidth(_WIDTH)
        label.setContentsMargins(0, 0, 0, 8)
        self._notes[widget] = label
        self._form.addRow(name, widget)
        self._form.addRow("", label)

    def _explain(self) -> None:
        settings = self.settings()
        self._tell(self._method, _METHODS[settings.method][1])
        self._tell(self._metric, _METRICS[settings.metric][1])
        if self._many:
            self._tell(self._detail, _DETAILS[settings.detail][1])
        for widget, note in self._notes.items():
            if widget is not self._method:
                for part in (widget, note):
                    self._form.setRowVisible(part, settings.has_neighbours)
        for widget in (self._labels, self._detail):
            for part in (widget, self._notes[widget]):
                shown = settings.has_neighbours and (widget is self._labels or self._many)
                self._form.setRowVisible(part, shown and widget.isEnabled())
        self._time.setText(self._estimate(settings))

    def _tell(self, widget: QWidget, note: str) -> None:
        self._notes[widget].setText(note)
        widget.setAccessibleDescription(note)


def _choice(name: str, items: Sequence[tuple[str, str]]) -> Choice:
    choice = Choice()
    for text, value in items:
        choice.addItem(text, value)
    choice.setAccessibleName(name)
    return choice


def estimate_text(seconds: float, measured: bool, count: int) -> str:
    """How long a map will take, and how that is known."""
    if seconds < 1.0:
        return f"{count:,} points: at once."
    how = "as fast as the last map here" if measured else "roughly; no map was made here yet"
    return f"{count:,} points: about {duration_text(_round(seconds))} ({how})."


def _round(seconds: float) -> float:
    """To a figure that claims no more than is known."""
    step = 1 if seconds < 10 else 5 if seconds < 60 else 10 if seconds < 300 else 60
    return max(1.0, round(seconds / step) * step)

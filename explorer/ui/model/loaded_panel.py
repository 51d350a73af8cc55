"""The left panel: which model and data are open, and how the map is coloured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from explorer.core.color_choices import Choice
from explorer.core.coloring import LATENT
from explorer.core.dataset_sampled import is_sampled
from explorer.core.model_pair import ModelPair
from explorer.core.plan import SelfTest
from explorer.core.workspace import Workspace
from explorer.ui.color.legend import Legend
from explorer.ui.parts.furniture import Card, GroupedChoice, column, heading, scrolling

if TYPE_CHECKING:
    from explorer.ui.color.number_legend import NumberLegend

KINDS = {
    "VAE": "VAE (μ, log σ²)",
    "AE": "Autoencoder (z)",
    "GAN": "GAN with encoder (z)",
    "Generator": "Decoder alone",
    "Encoder": "Encoder alone",
}
_CARDS_FROM = 560
COLORS = {1: "grey", 3: "RGB", 4: "RGBA"}


def self_test_word(test: SelfTest) -> str:
    """How the self-test ended."""
    return {True: "✓ passed", None: "cannot tell", False: "✗ failed"}[test.passed]


class LoadedPanel(QWidget):
    """Model card, data card, colour-by and legend.

    Signals:
        color_by_chosen: a key of ``core.coloring``.
        show_all_asked: the filter is to be taken away.
        range_taken: what follows is one step of undo.
        range_limited: the lowest and highest number to be shown, infinite at an open end; None for all.
        model_pressed: all about the model is wanted.
    """

    color_by_chosen = Signal(str)
    show_all_asked = Signal()
    range_taken = Signal()
    range_limited = Signal(object)
    model_pressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.legend = Legend()
        self._model, self._data = Card(), Card()
        self._model.set_button("Model card: all that was found out about the model")
        self._model.pressed.connect(self.model_pressed)
        self._numbers: NumberLegend | None = None
        self._heading, self._choices = heading("Colour by"), GroupedChoice("Colour by")
        self._choices.setToolTip("What the points are coloured by (Shift+C)")
        self._choices.chosen.connect(self.color_by_chosen)
        self._dimensions = GroupedChoice("Latent dimension")
        self._dimensions.setToolTip("Which number of the latent, the most informative first")
        self._dimensions.chosen.connect(self.color_by_chosen)
        self._shown = QPushButton()
        self._shown.setObjectName("link")
        self._shown.setCursor(Qt.CursorShape.PointingHandCursor)
        self._shown.setToolTip("Show all points again (Ctrl+L)")
        self._shown.clicked.connect(self.show_all_asked)
        inside = QWidget()  # so that it scrolls where the window is low
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scrolling(inside))
        layout = self._column = column(inside)
        for widget in (heading("Model"), self._model, heading("Data set"), self._data, self._heading):
            layout.addWidget(widget)
        layout.addWidget(self._choices)
        layout.addWidget(self._dimensions)
        layout.addWidget(self._shown)
        layout.addWidget(self.legend, 1)
        layout.addStretch(0)
        layout.insertSpacing(2, 6)
        layout.insertSpacing(5, 6)
        self.set_model(None, None)
        self.set_data(None)
        self.set_choices([])
        self.set_dimensions([])
        self.set_shown(None, 0)

    def add_card(self, title: str, card: Card) -> None:
        """Put another card below that of the data."""
        at = self._column.indexOf(self._data) + 1
        card.fold(self.height() < _CARDS_FROM)
        self._column.insertSpacing(at, 6)
        self._column.insertWidget(at + 1, heading(title))
        self._column.insertWidget(at + 2, card)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a low window the cards fold, so that what colours the map is in sight."""
        super().resizeEvent(event)
        for card in self.findChildren(Card):
            card.fold(self.height() < _CARDS_FROM)

    def set_model(self, pair: ModelPair | None, active: int | None) -> None:
        """Show a pair; ``active`` is its number of active latent dimensions where the data tell."""
        if pair is None:
            self._model.show_lines("No model open", [("Drop an encoder and a decoder here", "", "")])
            return
        shape = "×".join(map(str, pair.latent_shape))
        latent = shape if active is None else f"{shape} · {active} active"
        spec, of = pair.image, "decoder" if pair.can_decode else "encoder"
        lines = [
            ("Kind", KINDS[pair.kind], ""),
            ("Latent", latent, ""),
            ("Image", f"{spec.height} × {spec.width} {COLORS[spec.channels]}", ""),
            ("Device", pair.device, f"The device that really runs the {of}"),
            ("Self-test", self_test_word(pair.self_test), ""),
        ]
        self._model.show_lines(pair.name, lines, "Self-test" if pair.self_test.passed is False else "")
        self._model.setToolTip("Click for all that was found out about the model (I)")

    def set_data(self, work: Workspace | None) -> None:
        """Show the data set of a workspace."""
        if work is None:
            self._data.show_lines("No data open", [("Drop a folder of images here", "", "")])
            return
        if is_sampled(work):
            tip = "Drawn by the model itself, which cannot encode any data"
            lines = [("Pictures", f"{len(work):,}", tip), ("From", work.data.name, tip)]
            self._data.show_lines("Samples", lines)
            return
        lines = [("Images", f"{len(work):,}", str(work.data.path))]
        if work.unreadable:
            listed = "\n".join(f"{name}: {reason}" for name, reason in work.unreadable[:20])
            rest = len(work.unreadable) - 20
            lines.append(
                (
                    "Unreadable",
                    f"{len(work.unreadable):,}",
                    listed + (f"\n… and {rest} more" if rest > 0 else ""),
                )
            )
        if work.reconstruction_mse is not None:
            lines.append(
                (
                    "Reconstruction",
                    f"MSE {work.reconstruction_mse:.4f}",
                    "Mean squared error on [0, 1] pixels",
                )
            )
        self._data.show_lines(work.data.name, lines)

    @property
    def numbers(self) -> NumberLegend:
        """The legend of numbers; made when first asked for."""
        if self._numbers is None:
            from explorer.ui.color.number_legend import NumberLegend

            self._numbers = NumberLegend()
            self._numbers.taken.connect(self.range_taken)
            self._numbers.limited.connect(self.range_limited)
            self._column.insertWidget(self._column.indexOf(self.legend) + 1, self._numbers)
        return self._numbers

    def set_choices(self, choices: Sequence[Choice]) -> None:
        """Offer what there is to colour by."""
        self._choices.set_entries([(one.key, one.text, one.group, one.tip, one.missing) for one in choices])
        for part in (self._heading, self._choices):
            part.setVisible(bool(choices))

    def set_dimensions(self, dimensions: Sequence[tuple[str, str]]) -> None:
        """Offer latent dimensions, key and text."""
        self._dimensions.set_entries([(key, text, "", "", "") for key, text in dimensions])

    @property
    def has_dimensions(self) -> bool:
        """Whether latent dimensions are offered."""
        return self._dimensions.count() > 0

    def set_choice(self, key: str) -> None:
        """Say what colours the map."""
        of_latent = key.startswith(LATENT)
        self._choices.set_current(LATENT if of_latent else key)
        self._dimensions.set_current(key)
        self._dimensions.setVisible(of_latent)

    def open_choices(self) -> None:
        """Let the keyboard choose what to colour by."""
        if self._choices.isVisible():
            self._choices.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self._choices.showPopup()

    def show_legend(self, kind: str) -> None:
        """Show the legend of "labels", of "numbers", or none."""
        self.legend.setVisible(kind == "labels")
        if self._numbers is not None or kind == "numbers":
            self.numbers.setVisible(kind == "numbers")

    def set_shown(self, shown: int | None, of: int) -> None:
        """Say how many points the filter leaves; None where it leaves all."""
        self._shown.setVisible(shown is not None)
        if shown is not None:
            self._shown.setText(f"{shown:,} of {of:,} shown · show all")

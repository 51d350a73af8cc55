"""The left panel: which model and data are open, and how the map is coloured."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from explorer.core.dataset_sampled import is_sampled
from explorer.core.model_pair import ModelPair
from explorer.core.plan import SelfTest
from explorer.core.workspace import Workspace
from explorer.ui.furniture import Card, Choice, column, heading, scrolling
from explorer.ui.legend import Legend

KINDS = {
    "VAE": "VAE (μ, log σ²)",
    "AE": "Autoencoder (z)",
    "Generator": "Decoder alone",
    "Encoder": "Encoder alone",
}
COLORS = {1: "grey", 3: "RGB", 4: "RGBA"}


def self_test_word(test: SelfTest) -> str:
    """How the self-test ended."""
    return {True: "✓ passed", None: "cannot tell", False: "✗ failed"}[test.passed]


class LoadedPanel(QWidget):
    """Model card, data card, colour-by and legend.

    Signals:
        color_by_chosen: the name of a field.
        model_pressed: all about the model is wanted.
    """

    color_by_chosen = Signal(str)
    model_pressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.legend = Legend()
        self._model, self._data = Card(), Card()
        self._model.set_button("Model card: all that was found out about the model")
        self._model.pressed.connect(self.model_pressed)
        self._heading, self._fields = heading("Colour by"), Choice()
        self._fields.setAccessibleName("Colour by")
        self._fields.setToolTip("The field of the data that colours the points")
        self._fields.textActivated.connect(self.color_by_chosen)
        layout = column(self)
        for widget in (heading("Model"), self._model, heading("Data set"), self._data, self._heading):
            layout.addWidget(widget)
        layout.addWidget(self._fields)
        layout.addWidget(scrolling(self.legend), 1)
        layout.insertSpacing(2, 6)
        layout.insertSpacing(5, 6)
        self.set_model(None, None)
        self.set_data(None)

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

    def set_fields(self, names: Sequence[str], chosen: str) -> None:
        """Offer fields to colour by."""
        self._fields.blockSignals(True)
        self._fields.clear()
        self._fields.addItems(list(names))
        self._fields.setCurrentText(chosen)
        for part in (self._heading, self._fields):
            part.setVisible(bool(names))
        self._fields.blockSignals(False)

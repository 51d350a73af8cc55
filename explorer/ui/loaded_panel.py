"""The left panel: which model and data are open, and how the map is coloured."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget

from explorer.core.model_pair import ModelPair
from explorer.core.workspace import Workspace
from explorer.ui.furniture import Card, column, heading, scrolling
from explorer.ui.legend import Legend


class LoadedPanel(QWidget):
    """Model card, data card, colour-by and legend.

    Signals:
        color_by_chosen: the name of a field.
    """

    color_by_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.legend = Legend()
        self._model, self._data = Card(), Card()
        self._fields = QComboBox()
        self._fields.setAccessibleName("Colour by")
        self._fields.setToolTip("The field of the data that colours the points")
        self._fields.textActivated.connect(self.color_by_chosen)
        layout = column(self)
        for widget in (heading("Model"), self._model, heading("Data set"), self._data, heading("Colour by")):
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
        tips = {fact.name: f"{fact.value} (from: {fact.source})" for fact in pair.facts}
        latent = str(pair.latent_size) if active is None else f"{pair.latent_size} · {active} active"
        test = {True: "passed", None: "cannot tell", False: "failed"}[pair.self_test.passed]
        spec = pair.image
        lines = [
            ("Kind", "VAE (μ, log σ²)" if pair.kind == "VAE" else "Autoencoder (z)", tips["Kind"]),
            ("Latent", latent, tips["Latent"]),
            (
                "Image",
                f"{spec.height} × {spec.width} {'grey' if spec.channels == 1 else 'RGB'}",
                tips["Picture"],
            ),
            ("Device", pair.device, "The device that really runs the decoder"),
            ("Self-test", test, tips["Self-test"]),
        ]
        self._model.show_lines(pair.name, lines)
        self._model.setToolTip("\n".join(f"{f.name}: {f.value} (from: {f.source})" for f in pair.facts))

    def set_data(self, work: Workspace | None) -> None:
        """Show the data set of a workspace."""
        if work is None:
            self._data.show_lines("No data open", [("Drop a folder of images here", "", "")])
            return
        lines = [("Images", f"{len(work.latents):,}", str(work.data.path))]
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
        self._fields.setEnabled(bool(names))
        self._fields.blockSignals(False)

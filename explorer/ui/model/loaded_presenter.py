"""Shows which model and data are open, and what can be done with them."""

from __future__ import annotations

from explorer.core.dataset_sampled import is_sampled
from explorer.core.latent_ops.axes import spread_rows
from explorer.core.latent_ops.information import DimensionInformation, dimension_information
from explorer.core.model_pair import ModelPair
from explorer.core.session import Session, extra_inputs
from explorer.ui.decode_loop import Decoded
from explorer.ui.main_window import MainWindow


class LoadedPresenter:
    """Pushes model and data into the panels, the title and the chips."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._told = ""

    def show(self, session: Session) -> DimensionInformation | None:
        """All that depends on model and data alone; returns what each dimension carries."""
        window, pair, work = self._window, session.pair, session.work
        information = information_of(session)
        window.loaded.set_model(pair, int(information.active.sum()) if information else None)
        window.loaded.set_data(work)
        window.title.setText(pair.name if pair else "Latent Explorer")
        window.setWindowTitle(f"{pair.name} – Latent Explorer" if pair else "Latent Explorer")
        count = len(work) if work else 0
        window.points_chip.setText(f"{count:,} points")
        window.points_chip.setVisible(count > 0)
        window.here.set_kinds(
            decoded=pair is None or pair.can_decode, real=work is None or not is_sampled(work)
        )
        if pair is not None and not pair.can_decode:
            self._show_chip(pair, pair.device, f"The encoder really runs on: {pair.device}.")
        if work is None:
            window.map.set_message(_invitation(session))
        return information

    def show_extras(self, old: Session, new: Session) -> None:
        """What the decoder is fed beside the latent: its controls, and their values."""
        if new.pair is not old.pair:
            self._window.here.set_extras(extra_inputs(new.pair))
        self._window.here.extras.set_values(new.extras)

    def show_device(self, decoded: Decoded) -> None:
        """Where the last picture was decoded, and how long it took."""
        self._show_chip(
            decoded.pair,
            f"{decoded.pair.device} · {_time(decoded.seconds)}",
            f"The decoder really runs on: {decoded.pair.device}. "
            f"The last picture took {decoded.seconds * 1000:.2f} ms to decode.",
        )

    def _show_chip(self, pair: ModelPair, text: str, tip: str) -> None:
        """Name the device; one that was asked for and not got, or that has died, is told once aloud."""
        chip = self._window.device_chip
        chip.setText(f"{'▲' if pair.fell_back else '●'} {text}")
        chip.setToolTip("\n".join(filter(None, (tip, pair.fell_back, "Click to choose another device."))))
        chip.setAccessibleName(f"Device: {text}")
        chip.setAccessibleDescription(f"{tip} {pair.fell_back}".strip())
        chip.show()
        if pair.fell_back and pair.fell_back != self._told:
            self._window.message.say(pair.fell_back)
        self._told = pair.fell_back


def information_of(session: Session) -> DimensionInformation | None:
    """What each latent dimension carries over the data (a sample of them where there are many)."""
    if session.work is None:
        return None
    some = spread_rows(session.work.latents)
    logvars = session.work.logvars
    return dimension_information(session.work.latents[some], None if logvars is None else logvars[some])


def _invitation(session: Session) -> str:
    """What to do while there is no map."""
    pair = session.pair
    if pair is None:
        return "Drop an encoder and a decoder here, or open a demo from the File menu."
    if not pair.can_encode:
        return f"{pair.name} is a decoder alone. Samples of its prior are drawn and mapped in a moment."
    if not pair.can_decode:
        return f"{pair.name} is an encoder alone. Drop a folder of images here to map them."
    return f"{pair.name} is open. Drop a folder of images here to map them, or press D for a random picture."


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1.0 else f"{seconds * 1000:.1f} ms"

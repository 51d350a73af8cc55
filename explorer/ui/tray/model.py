"""The kept pictures as a model of a list, which is told only what differs."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from explorer.core.session import Kept

_Index = QModelIndex | QPersistentModelIndex


class KeptModel(QAbstractListModel):
    """The kept pictures, for the list."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: tuple[Kept, ...] = ()

    def set_kept(self, kept: tuple[Kept, ...]) -> None:
        """Show these; only what differs is told to the list."""
        old = self.kept
        first = 0
        while first < min(len(old), len(kept)) and old[first] is kept[first]:
            first += 1
        last = 0
        while last < min(len(old), len(kept)) - first and old[-1 - last] is kept[-1 - last]:
            last += 1
        gone, come = len(old) - first - last, len(kept) - first - last
        if gone == come:
            self.kept = kept
            if come:
                self.dataChanged.emit(self.index(first), self.index(first + come - 1))
            return
        if gone:
            self.beginRemoveRows(QModelIndex(), first, first + gone - 1)
            self.kept = old[:first] + old[len(old) - last :]
            self.endRemoveRows()
        if come:
            self.beginInsertRows(QModelIndex(), first, first + come - 1)
            self.kept = kept
            self.endInsertRows()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(self.kept)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.kept):
            return None
        if role == Qt.ItemDataRole.UserRole:
            return self.kept[index.row()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return (
                f"{_told(self.kept[index.row()])}\nClick to go back to exactly this latent; 1 to 5 rates it"
            )
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{index.row() + 1} of {len(self.kept)}: {_told(self.kept[index.row()])}"
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled


def _told(kept: Kept) -> str:
    seed = kept.provenance.seed
    return " · ".join(
        [
            kept.provenance.sampler or "kept",
            *([f"seed {seed}"] if seed is not None else []),
            *([f"{kept.rating} {'star' if kept.rating == 1 else 'stars'}"] if kept.rating else []),
            *kept.tags,
        ]
    )

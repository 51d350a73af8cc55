"""Colours and the style sheet; light and dark follow the system unless the user chose one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication


@dataclass(frozen=True)
class Theme:
    """Named colours, as CSS hex strings."""

    name: Literal["dark", "light"]
    ground: str
    panel: str
    card: str
    raised: str
    line: str
    text: str
    quiet: str
    accent: str
    on_accent: str
    good: str
    warn: str


DARK = Theme(
    name="dark", ground="#14161a", panel="#1b1e24", card="#20242c", raised="#292e38", line="#2a2e36",
    text="#e6e8eb", quiet="#8b93a0", accent="#3b6ef5", on_accent="#ffffff", good="#7fd1ae", warn="#e8b15c",
)  # fmt: skip
LIGHT = Theme(
    name="light", ground="#f7f8fa", panel="#eceff3", card="#ffffff", raised="#f3f5f8", line="#d5dae1",
    text="#1b1f26", quiet="#616b79", accent="#2f62ea", on_accent="#ffffff", good="#1d8a5f", warn="#a86400",
)  # fmt: skip


def system_theme() -> Theme:
    """The theme that the system asks for; dark where it does not say."""
    scheme = QGuiApplication.styleHints().colorScheme()
    return LIGHT if scheme == Qt.ColorScheme.Light else DARK


def apply(app: QApplication, theme: Theme) -> None:
    """Give every widget of ``app`` the colours of ``theme``."""
    sheet = _style_sheet(theme)
    if app.styleSheet() == sheet:
        return  # the work would be done for every widget there is
    app.setStyle("Fusion")
    palette = QPalette()
    role = QPalette.ColorRole
    for key, color in {
        role.Window: theme.panel, role.WindowText: theme.text, role.Base: theme.card, role.Text: theme.text,
        role.AlternateBase: theme.raised, role.Button: theme.card, role.ButtonText: theme.text,
        role.Highlight: theme.accent, role.HighlightedText: theme.on_accent, role.ToolTipBase: theme.card,
        role.ToolTipText: theme.text, role.PlaceholderText: theme.quiet, role.Mid: theme.line,
        role.Dark: theme.line, role.Light: theme.raised, role.Link: theme.accent,
    }.items():  # fmt: skip
        palette.setColor(key, QColor(color))
    for key in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, key, QColor(theme.quiet))
    app.setPalette(palette)
    app.setStyleSheet(sheet)


def _style_sheet(t: Theme) -> str:
    return f"""
    QMainWindow, #panel, #tray, #statusline {{ background: {t.panel}; }}
    QLabel {{ background: transparent; }}
    #top {{ background: {t.panel}; border-bottom: 1px solid {t.line}; }}
    QMenuBar {{ background: transparent; border: 0; padding: 4px 0; spacing: 2px; }}
    QMenuBar::item {{ padding: 5px 9px; border-radius: 6px; background: transparent; color: {t.quiet}; }}
    QMenuBar::item:selected, QMenuBar::item:pressed {{ background: {t.raised}; color: {t.text}; }}
    QMenu {{ background: {t.card}; border: 1px solid {t.line}; padding: 4px; }}
    QMenu::item {{ padding: 6px 24px 6px 12px; border-radius: 4px; }}
    QMenu::item:selected {{ background: {t.accent}; color: {t.on_accent}; }}
    QMenu::item:disabled {{ color: {t.quiet}; background: transparent; }}
    QMenu::separator {{ height: 1px; background: {t.line}; margin: 4px 8px; }}
    QToolTip {{ background: {t.card}; color: {t.text}; border: 1px solid {t.line}; padding: 4px 6px; }}
    #panel {{ border: 0; }}
    #leftpanel {{ border-right: 1px solid {t.line}; }}
    #rightpanel {{ border-left: 1px solid {t.line}; }}
    #tray {{ border-top: 1px solid {t.line}; }}
    #statusline {{ border-top: 1px solid {t.line}; }}
    #toolstrip {{ background: {t.panel}; }}
    #card {{ background: {t.card}; border: 1px solid {t.line}; border-radius: 8px; }}
    #cardtitle {{ font-weight: 600; color: {t.text}; }}
    #heading {{ color: {t.quiet}; font-weight: 600; letter-spacing: 1px; }}
    #quiet {{ color: {t.quiet}; }}
    #chip {{ background: {t.card}; border: 1px solid {t.line}; border-radius: 10px; padding: 3px 10px; color: {t.text}; }}
    QPushButton#chip:hover, #card:hover[button="true"] {{ border-color: {t.quiet}; }}
    #card[button="true"]:focus {{ border: 1px solid {t.accent}; }}
    #bad {{ color: {t.warn}; font-weight: 600; }}
    #good {{ color: {t.good}; font-weight: 600; }}
    #apptitle {{ font-weight: 700; }}
    #message {{ background: {t.card}; border: 1px solid {t.warn}; border-radius: 8px; }}
    QPushButton {{ background: {t.raised}; border: 1px solid {t.line}; border-radius: 6px; padding: 6px 12px; }}
    QPushButton:hover {{ border-color: {t.quiet}; }}
    QPushButton:pressed {{ background: {t.line}; }}
    QPushButton:disabled {{ color: {t.quiet}; background: {t.panel}; }}
    QPushButton:focus, QToolButton:focus, QComboBox:focus {{ border: 1px solid {t.accent}; }}
    QPushButton#link {{ background: transparent; border: 1px solid transparent; padding: 2px 0; color: {t.quiet}; text-align: left; }}
    QPushButton#link:hover {{ color: {t.text}; }}
    QPushButton#link:focus {{ border: 1px solid {t.accent}; color: {t.text}; }}
    #chip:focus {{ border-color: {t.accent}; }}
    QPushButton#primary {{ background: {t.accent}; color: {t.on_accent}; border: 1px solid {t.accent}; font-weight: 600; }}
    QPushButton#primary:disabled {{ background: {t.raised}; color: {t.quiet}; border-color: {t.line}; }}
    QToolButton {{ background: transparent; border: 1px solid transparent; border-radius: 6px; padding: 5px 9px; }}
    QToolButton:hover {{ background: {t.raised}; }}
    QToolButton:checked {{ background: {t.accent}; color: {t.on_accent}; }}
    QToolButton:checked:focus, QPushButton#primary:focus {{ border: 1px solid {t.text}; }}
    QComboBox {{ background: {t.raised}; border: 1px solid {t.line}; border-radius: 6px; padding: 5px 8px; }}
    QComboBox::drop-down {{ border: 0; width: 20px; }}
    QComboBox QAbstractItemView {{ background: {t.card}; border: 1px solid {t.line}; selection-background-color: {t.accent}; }}
    QCheckBox::indicator {{ width: 14px; height: 14px; border: 1px solid {t.quiet}; border-radius: 4px; background: {t.raised}; }}
    QCheckBox::indicator:checked {{ background: {t.accent}; border-color: {t.accent}; }}
    QCheckBox:focus, QRadioButton:focus {{ color: {t.accent}; }}
    QRadioButton::indicator {{ width: 14px; height: 14px; border: 1px solid {t.quiet}; border-radius: 8px; background: {t.raised}; }}
    QRadioButton::indicator:checked {{ border-color: {t.accent}; background: qradialgradient(cx:0.5, cy:0.5, radius:0.5, fx:0.5, fy:0.5, stop:0 {t.on_accent}, stop:0.4 {t.on_accent}, stop:0.5 {t.accent}, stop:1 {t.accent}); }}
    QLineEdit:focus {{ border: 1px solid {t.accent}; }}
    QAbstractSpinBox {{ min-height: 26px; }}
    QLineEdit {{ background: {t.raised}; border: 1px solid {t.line}; border-radius: 6px; padding: 5px 8px; }}
    #legend {{ background: transparent; border: 0; outline: 0; }}
    QListWidget {{ background: {t.card}; border: 1px solid {t.line}; border-radius: 6px; outline: 0; }}
    QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; border: 0; }}
    QScrollBar:vertical {{ background: transparent; width: 8px; margin: 0; }}
    QScrollBar:horizontal {{ background: transparent; height: 8px; margin: 0; }}
    QScrollBar::handle {{ background: {t.line}; border-radius: 4px; min-height: 24px; min-width: 24px; }}
    QScrollBar::handle:hover {{ background: {t.quiet}; }}
    QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{ background: none; width: 0; height: 0; }}
    QSplitter::handle {{ background: {t.line}; }}
    QSplitter::handle:horizontal {{ width: 1px; }}
    QSplitter::handle:vertical {{ height: 1px; }}
    QProgressBar {{ background: {t.line}; border: 0; border-radius: 2px; max-height: 4px; }}
    QProgressBar::chunk {{ background: {t.accent}; border-radius: 2px; }}
    """

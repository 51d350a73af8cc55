"""The window. The only part that imports PySide6."""

"""The selection: its panel, the search, tables of it."""

"""What a gallery shows: the recipe as a document, and the pictures it stands for.

| question | module |
|---|---|
| how latents are drawn, in words and in numbers | `draw` |
| what a recipe says; its file; what its JSON may be | `document`, `file` (`json_form`), `schema` |
| find the models, data and map it needs | `source` |
| the pictures of each kind | `kinds/` |
| which samples count; in which order they stand | `filters`, `ordering` |
| recipe and source → a gallery that can be written; is it the same again | `gallery`, `proof` |
| a recipe → files, and back | `writing` |
| which kinds a session allows | `from_session` |
"""

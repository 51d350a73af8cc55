"""Networks, training, data preparation and evaluation: the only room that imports torch.

| question | file |
|---|---|
| what makes a model and its training | `config` |
| the networks | `autoencoder`, `gan`, `classifier` |
| what is minimised, with formula and source | `losses` |
| steps, epochs, checkpoints, going on | `run`; its kinds `autoencoder_run`, `gan_run`; `checkpoint` |
| the critic of both kinds | `opponent` |
| who looks on, and what they are told | `watch`, `events`, `pictures` |
| the pictures | `data`, `make_faces`, `pack_fashion` |
| a model's figures and sheet | `evaluate` (definitions in `explorer.core.metrics`), `attributes` |
| ONNX files; a folder that opens at once | `export`, `bundle` |

It is shipped as `explorer.models`. The program never imports it: it runs `train` as a process.
"""

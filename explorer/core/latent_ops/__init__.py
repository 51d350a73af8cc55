"""Tools to think with, as pure functions on arrays: sample, move, compare and explain latents.

| question | module |
|---|---|
| new latents: priors, the codes' Gaussian, around a latent, like a selection | `draws` |
| a mixture of normals fitted to the codes | `mixture` |
| what each dimension carries | `information` |
| axes to move along, and strips of pictures along them; those that a session keeps | `axes`, `axis_set` |
| the axes along which a decoder's pictures change most | `visible` |
| ways through several latents; equal visible steps | `paths`, `data_graph` |
| from one set of pictures to another; how well it tells them apart | `directions`, `separation` |
| a latent with directions added to it; what a direction is worth | `steering` |
| a column of the data told from the latent, and in words | `probes`, `told` |
| coordinates of variance 1 | `linear` |
| many small matrix products beside other work | `blas` |
| the nearest real pictures, and whether a picture is new | `novelty` |

Whatever is random takes a seed and draws from numpy's PCG64 in float64, then rounds to float32: the same seed
gives the same numbers on every platform and beside every device (where a library sums in another order, a
last bit may differ), and fewer samples of one seed are the first of more.
"""

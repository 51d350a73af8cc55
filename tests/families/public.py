"""Models that strangers put on the web, each at one commit, with the hash of every file.

Licences differ, and some projects name none; so the files are fetched to be tried and never kept in this
repository.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from tests.families.cache import built, fetch


@dataclass(frozen=True)
class Public:
    """Files of one project: their paths there, and their hashes."""

    project: str
    commit: str
    files: dict[str, str]

    def folder(self) -> Path:
        """Where the files lie now, under their own names. Raises ``OutOfReachError`` without a network."""

        def build(folder: Path) -> None:
            for path, sha256 in self.files.items():
                url = f"https://raw.githubusercontent.com/{self.project}/{self.commit}/{quote(path)}"
                fetch(url, sha256, folder / PurePosixPath(path).name)

        hashes = "".join(sorted(self.files.values()))
        return built(f"public/{self.project.replace('/', '-')}-{self.commit[:8]}-{hashes[:8]}", build)


DIGITS_DECODER = Public(
    "cpldcpu/LatentSpaceExplorer",
    "303ecc8bbce535f1afec3b79ba3d8bfdcafebacb",
    {"train/decoder.onnx": "af8f7f9f0e8507e4390940a760e8b021ef9003aa09f57df0c34aee996fde1be0"},
)
SUNRISES_DECODER = Public(
    "eth-bmai-fs26/vae_sunrises",
    "d01bc2598d2f223db7f417c472843c13713e7852",
    {"decoder.onnx": "57330eed3bd45ec8aa618ad04a44dd4dc02ca8e7895ec0d626ee303bb7156d46"},
)
SPRITES_GENERATOR = Public(
    "ilos-vigil/OMORI-GAN",
    "eca613cb8032a1c85899ea09b309d68fbdc46ad1",
    {
        "docs/onnx/OMORI_SPRITE_AIM_27_LONG_GAN_epoch=17999_g_loss=1.9236_d_loss=0.2797.onnx": (
            "0555a4b0e0d1e7b6ce92e7e355f8a96f3d14f3847adb68f0f00b53758d6c213b"
        )
    },
)
DENOISER_PAIR = Public(
    "jcanedo279/Autoencoder",
    "64c726d4972678364bed5bd87c23a46cf94858ad",
    {
        "models/encoder.onnx": "2beb764c61fcae5c245c78092545d974e48bd52307e9dc60a8b1428ee0798421",
        "models/decoder.onnx": "93ab465255e9f43b9c3d068fc27de28b6068e1f0963005cdb604bdcd50667ee4",
    },
)
DIGITS_VAE = Public(
    "kaushu42/kaushu42.github.io",
    "1736ac782df27fbd72415c8ad0694adc5d6f8d9f",
    {"public/vae.onnx": "4d8ddd3b96e2ffab02c9aaada68b075bb8867215dc3fb3f7032ac67ce85d2972"},
)
LABELLED_VAE = Public(
    "kaushu42/kaushu42.github.io",
    "1736ac782df27fbd72415c8ad0694adc5d6f8d9f",
    {"public/cvae.onnx": "fe0de35a371fd432bc120356d195068769c92784afdcb2894b8738a9072dd5f3"},
)
RADIO_PAIR = Public(
    "suncal/latent-radio",
    "93fb4e87287fdaa97fbc48d667e6b780378c1c3f",
    {
        "encoder.onnx": "7da5ee9f875f5fc843e55ae2cd2c42664eaedde871278999ba4df0f21f436608",
        "decoder.onnx": "a0b183c4a815c2b98b7012987d06cfd00bf8ee8887fddd1950f65f02661a16c3",
    },
)
CANVAS_DECODER = Public(
    "DominikKoller/bVAE-Interactive",
    "4709f7d1206b7a357db02400a127849d9adbe8b6",
    {"ae_decoder.onnx": "37d4ace7667694b69b79e1ccada6b14449826b61e7ebd3d119a0e4b153833826"},
)
TINY_AUTOENCODER = Public(
    "madebyollin/taesd",
    "5cccb12dc72074a4be35680c3b108548a7c69978",
    {
        "taesd.py": "6ba2db17ca73c2eac735060dd890719c2bcf09734eb85cc0c6d8b86052ee4220",
        "taef2_encoder.pth": "10a4e1021e89d7551eaf161352da8dbd0b1aa83872ae28b150c1df1ce2f147b6",
        "taef2_decoder.pth": "0a44a31e1ae59eb9dbf9359d24942fd3ef5928162c1800d97a28c61d51be0ab5",
    },
)
COORDINATES_PAIR = Public(
    "COMP6248-Reproducability-Challenge/SVAE",
    "9a5cd915bdb0b850bae2dae7990ca938cd7e02d2",
    {
        "web-res/svae_encoder.onnx": "aa7c3d1fdbf77c759aebffc046c57ec42da5dc4ace7479eab211c04a5223b04d",
        "web-res/svae_decoder.onnx": "32238c37aad2e6d9a324890bbd140fd39232b6fda6355ce26ad6a13783241855",
    },
)
SIGNAL_ENCODER = Public(
    "pmalen327/dl_project2",
    "6014892e87c143d0be6bdec386c12879fbd94648",
    {"encoder.onnx": "1be14c2d8c6cd3f6ebe67f8a02cc6e78a3d5a7710b2c56afc4d3ddc55611708e"},
)

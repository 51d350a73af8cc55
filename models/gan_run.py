"""Training a generator against a critic, and afterwards an encoder for it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from explorer.core.metrics import sharpness_ratio

from .gan import make_model
from .losses import active_units, inversion_loss
from .opponent import Opponent
from .run import Run, adam, learning_rate, move, set_rate, to_batch

CODES = 1.5e-3  # learning rate of the encoder


class GanRun(Run):
    """First the game of generator and critic, then an encoder for the generator as it was averaged.

    ``model.decoder`` is the generator, ``model.encoder`` what is trained in the last ``encoder_epochs``.
    The rates stay constant in the game, as the players' balance wants it; the average settles instead.
    """

    losses = ("critic", "generator", "r1", "encoder")

    def build(self) -> None:
        """Both players, the average, and the encoder within them."""
        config = self.config
        self.model, self.average = make_model(config), make_model(config)
        self.model.to(self.device)
        self.average.to(self.device).eval()
        rate = config.learning_rate
        self.opponent = Opponent(config, self.device, rate)
        self.players = {
            "generator": adam(self.model.decoder, rate, self.opponent.betas),
            "critic": self.opponent.optimizer,
            "encoder": adam(self.model.encoder, CODES),
        }

    def networks(self) -> dict[str, nn.Module]:
        """Generator and encoder, their average, and the critic."""
        return {"model": self.model, "average": self.average, "critic": self.opponent.critic}

    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """One for each player, and the encoder's."""
        return dict(self.players)

    @property
    def game_epochs(self) -> int:
        """Epochs of the game; the encoder's follow."""
        return self.config.epochs - self.config.encoder_epochs

    def take_step(self, image: Tensor, done: int, total: int) -> Tensor:
        """A step of critic and generator, or of the encoder; the losses (4,), NaN what had no part."""
        absent = float("nan")
        if self.epoch >= self.game_epochs:
            return torch.tensor([absent, absent, absent, self.encoder_step(image, done, total)])
        with self.autocast(), torch.no_grad():
            drawn = self.model.decoder(self.draw(len(image)))
        critic, r1 = self.opponent.learn(image, drawn, done, self.autocast())
        return torch.tensor([critic, self.generator_step(len(image), done), r1, absent])

    def generator_step(self, count: int, done: int) -> float:
        """Its loss."""
        with self.autocast():
            drawn = self.model.decoder(self.draw(count))
        loss = self.opponent.cost(drawn, self.autocast())
        move(self.players["generator"], self.model.decoder, loss)
        self.follow(self.average.decoder, self.model.decoder, done)
        return loss.item()

    def encoder_step(self, image: Tensor, done: int, total: int) -> float:
        """Its loss, against the averaged generator."""
        before = self.game_epochs * self.steps
        set_rate(self.players["encoder"], learning_rate(CODES, done - before, total - before))
        z = self.draw(len(image))
        with self.autocast():
            codes, _ = self.model.encoder(image)
            again = self.average.decoder(codes)
            found, _ = self.model.encoder(self.average.decoder(z).float())
        loss = inversion_loss(again.float(), image, found.float(), z, codes.float(), self.config.variance)
        move(self.players["encoder"], self.model.encoder, loss)
        self.follow(self.average.encoder, self.model.encoder, done - before)
        return loss.item()

    def measure(self) -> dict[str, float]:
        """In the game how sharp fixed draws are beside real pictures; later the encoder's squared error."""
        pictures = to_batch(self.validation if len(self.validation) else self.pictures[:2])
        if self.epoch <= self.game_epochs:
            z = torch.randn(500, self.config.model.latent_size, generator=torch.Generator().manual_seed(0))
            drawn = self.average.decoder(z.to(self.device))
            return {"sharpness": sharpness_ratio(drawn.cpu().numpy(), pictures.cpu().numpy())}
        codes = torch.cat([self.average.encoder(rows)[0] for rows in torch.split(pictures, 500)])
        again = torch.cat([self.average.decoder(rows) for rows in torch.split(codes, 500)])
        return {
            "mse": (again - pictures).square().mean().item(),
            "active": active_units(codes).sum().item() if len(codes) > 1 else 0.0,
        }

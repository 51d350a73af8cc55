"""Training an autoencoder or a variational one."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .autoencoder import Autoencoder
from .losses import active_units, calibrated_reconstruction_loss, kl_loss, kl_weight, reconstruction_loss
from .opponent import Opponent
from .run import Run, adam, check, learning_rate, set_rate, to_batch

CLIP = 200.0  # of the gradient's length, in nats: only steps gone wrong are longer
OPPONENT = 5e-4  # learning rate of the critic that sharpens


class AutoencoderRun(Run):
    """The evidence lower bound with Adam; a plain autoencoder has its first half alone.

    With ``sharpen`` a critic judges decoded draws of the prior beside real pictures, and its verdict is one
    more loss of the decoder: a bound knows the decoder only where codes lie, and draws fall between them
    (compare Larsen et al., "Autoencoding beyond pixels using a learned similarity metric", 2016, which
    judges reconstructions too; here these keep to their squared error).
    """

    losses = ("reconstruction", "kl", "critic", "verdict")

    def build(self) -> None:
        """The model and its average."""
        self.model = Autoencoder(self.config.model).to(self.device)
        self.average = Autoencoder(self.config.model).to(self.device)
        self.optimizer = adam(self.model, self.config.learning_rate)
        self.opponent = Opponent(self.config, self.device, OPPONENT) if self.config.sharpen else None

    def networks(self) -> dict[str, nn.Module]:
        """The model and its average, and the critic where there is one."""
        networks: dict[str, nn.Module] = {"model": self.model, "average": self.average}
        return networks | ({"critic": self.opponent.critic} if self.opponent else {})

    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """The model's, and the critic's where there is one."""
        optimizers: dict[str, torch.optim.Optimizer] = {"model": self.optimizer}
        return optimizers | ({"critic": self.opponent.optimizer} if self.opponent else {})

    def take_step(self, image: Tensor, done: int, total: int) -> Tensor:
        """Reconstruction loss and KL divergence of the batch, and both sides of the game if any, (4,)."""
        config = self.config
        with self.autocast():
            target, mu, logvar = self.model(image, self.generator)
        if config.noise == "learned":
            reconstruction, _ = calibrated_reconstruction_loss(image, target.float())
        else:
            reconstruction = reconstruction_loss(image, target.float(), config.variance)
        kl, cost = torch.zeros((), device=self.device), torch.zeros((), device=self.device)
        if logvar is not None:
            mu, logvar = mu.float(), logvar.float()
            kl, cost = kl_loss(mu.detach(), logvar.detach()), kl_loss(mu, logvar, config.free_bits)
        loss = reconstruction + self.beta(done) * cost
        critic = verdict = torch.tensor(float("nan"))
        if self.opponent:
            with self.autocast():
                drawn = self.model.decoder(self.draw(len(image)))
            critic = torch.tensor(self.opponent.learn(image, drawn.detach(), done, self.autocast())[0])
            price = self.opponent.cost(drawn, self.autocast())
            verdict = price.detach().cpu()
            loss = loss + config.sharpen * price
        set_rate(self.optimizer, learning_rate(config.learning_rate, done, total))
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        length = torch.nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
        check(loss, length)
        self.optimizer.step()
        self.follow(self.average, self.model, done)
        return torch.stack([reconstruction.detach().cpu(), kl.cpu(), critic, verdict])

    def beta(self, done: int) -> float:
        """The KL term's weight at a step."""
        return 0.0 if self.config.model.kind == "ae" else kl_weight(done / self.steps, self.config.warmup)

    def measure(self) -> dict[str, float]:
        """Squared error, active units and the bound itself, on the pictures set aside, without noise.

        In the precision of the training, which is twice as quick: where epochs are short, it weighs.
        """
        pictures = self.validation if len(self.validation) else self.pictures[:1]
        errors, means, costs = [], [], []
        for rows in torch.split(pictures, 500):
            image = to_batch(rows)
            with self.autocast():
                mu, logvar = self.average.encoder(image)
                drawn = self.average.decoder(mu)
            errors.append((drawn.float() - image).square().flatten(1).mean(1))
            means.append(mu.float())
            if logvar is not None:
                costs.append(kl_loss(mu.float(), logvar.float()) * len(rows))
        error = torch.cat(errors).mean()
        found = {"mse": error.item(), "beta": self.beta(self.epoch * self.steps)}
        found["active"] = active_units(torch.cat(means)).sum().item() if len(pictures) > 1 else 0.0
        kl = (torch.stack(costs).sum() / len(pictures)).item() if costs else 0.0
        variance, size = self.config.variance, pictures[0].numel()
        nats = size * error.item() / (2 * variance)
        if self.config.noise == "learned":
            variance = error.clamp_min(1 / 255**2).item()
            nats = size / 2 * (math.log(variance) + 1)
        return found | {"variance": variance, "validation_kl": kl, "validation": nats + kl}

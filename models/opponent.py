"""The critic that a generator plays against, or that sharpens a variational autoencoder's draws."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .config import TrainConfig
from .gan import Critic, DcganCritic
from .losses import (
    dcgan_critic_loss,
    dcgan_generator_loss,
    hinge_critic_loss,
    hinge_generator_loss,
    r1_penalty,
)
from .run import adam, move

EVERY = 16  # steps between two gradient penalties


class Opponent:
    """A critic with its optimizer: it learns from real and drawn pictures, and says what drawn ones cost."""

    def __init__(self, config: TrainConfig, device: torch.device, rate: float) -> None:
        self.dcgan, self.r1 = config.game == "dcgan", config.r1
        self.betas = (0.5, 0.999) if self.dcgan else (0.0, 0.99)
        self.critic: nn.Module = (DcganCritic if self.dcgan else Critic)(config.model).to(device)
        self.optimizer = adam(self.critic, rate, self.betas)

    def learn(self, image: Tensor, drawn: Tensor, done: int, autocast: torch.autocast) -> tuple[float, float]:
        """A step on pictures (N, C, H, W), real and drawn (without gradients), as number ``done``.

        Its loss without the penalty comes back, and 16·½γR1 at every 16th step (0 at the others).
        """
        self.critic.requires_grad_(True)
        with autocast:
            real, false = self.critic(image).float(), self.critic(drawn.float()).float()
        loss = (dcgan_critic_loss if self.dcgan else hinge_critic_loss)(real, false)
        penalty = torch.zeros((), device=image.device)
        if not self.dcgan and self.r1 and done % EVERY == 0:
            wanted = image.detach().requires_grad_(True)
            penalty = EVERY * self.r1 / 2 * r1_penalty(wanted, self.critic(wanted))
        move(self.optimizer, self.critic, loss + penalty)
        return loss.item(), penalty.item()

    def cost(self, drawn: Tensor, autocast: torch.autocast) -> Tensor:
        """What whoever drew pictures (N, C, H, W) minimises; a scalar with gradients of them alone."""
        self.critic.requires_grad_(False)
        with autocast:
            scores = self.critic(drawn.float()).float()
        return (dcgan_generator_loss if self.dcgan else hinge_generator_loss)(scores)

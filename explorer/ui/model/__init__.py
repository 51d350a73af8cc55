"""The open model and data: opening, dropping, the card, further inputs."""

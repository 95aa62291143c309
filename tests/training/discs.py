"""The small network and the short training that the tests here have in common."""

from humanseg.model.config import ModelConfig
from humanseg.training.config import TrainingConfig

MODEL = ModelConfig(decoder_channels=(16, 8, 8, 8, 8))
CONFIG = TrainingConfig(
    epochs=2, batch_size=4, sizes=(64,), workers=0, validation_size=64, ema_decay=0.5, learning_rate=3e-3
)
